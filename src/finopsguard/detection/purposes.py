"""What services are for, as far as a Region is judged by it: one table, of Cost Explorer's names."""

MACHINES: frozenset[str] = frozenset(
    {
        "Amazon AppStream",
        "Amazon Bedrock",
        "Amazon Braket",
        "Amazon EC2",
        "Amazon Elastic Compute Cloud",
        "Amazon Elastic Compute Cloud - Compute",
        "Amazon Elastic Container Service",
        "Amazon Elastic Container Service for Kubernetes",
        "Amazon Elastic Kubernetes Service",
        "Amazon Elastic MapReduce",
        "Amazon EMR",
        "Amazon GameLift",
        "Amazon GameLift Servers",
        "Amazon Lightsail",
        "Amazon SageMaker",
        "Amazon SageMaker AI",
        "Amazon WorkSpaces",
        "AWS App Runner",
        "AWS Batch",
        "AWS CodeBuild",
        "AWS Fargate",
        "AWS Glue",
        "AWS Parallel Computing Service",
    }
)
"""What whoever stole a key would run. Lambda is not in it: functions at the edge are billed where their readers are."""
WATCHING: frozenset[str] = frozenset(
    {
        "Amazon Detective",
        "Amazon EventBridge",
        "Amazon GuardDuty",
        "Amazon Inspector",
        "Amazon Macie",
        "Amazon Simple Notification Service",
        "Amazon Simple Queue Service",
        "AmazonCloudWatch",
        "AWS Audit Manager",
        "AWS CloudTrail",
        "AWS CloudFormation",
        "AWS Config",
        "AWS Firewall Manager",
        "AWS Identity and Access Management Access Analyzer",
        "AWS Key Management Service",
        "AWS Secrets Manager",
        "AWS Security Hub",
        "AWS Systems Manager",
        "CloudWatch Events",
    }
)
"""What an Organization switches on in every Region at once: many cents, and no sign that the Region is used."""
OF_BEDROCK = "(Amazon Bedrock Edition)"
"""How the names of models end that others sell."""


def is_compute(service: str) -> bool:
    """True for a service that runs machines or models by the hour or the token."""
    return service in MACHINES or service.endswith(OF_BEDROCK)
