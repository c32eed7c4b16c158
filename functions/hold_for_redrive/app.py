"""HoldForRedrive: fails under the original error until the execution is redriven."""

from finopsguard.runtime import step
from finopsguard.steps import hold_for_redrive

handler = step(hold_for_redrive.run)
