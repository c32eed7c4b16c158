"""CheckHeartbeat: measures how long ago each report was delivered."""

from finopsguard.runtime import step
from finopsguard.steps import check_heartbeat

handler = step(check_heartbeat.run)
