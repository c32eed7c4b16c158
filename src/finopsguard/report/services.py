"""Short names of AWS services. Cost Explorer's own are long; these are what AWS and its users call them.

Only for showing: links, filters and report.json keep Cost Explorer's name.
"""

from __future__ import annotations

from collections.abc import Mapping

_SHORT: Mapping[str, str] = {
    "Amazon Elastic Compute Cloud - Compute": "Amazon EC2",
    "Amazon Elastic Compute Cloud": "Amazon EC2",
    "EC2 - Other": "EC2 other (EBS, NAT)",
    "Amazon Relational Database Service": "Amazon RDS",
    "Amazon Simple Storage Service": "Amazon S3",
    "Amazon Simple Storage Service Glacier": "Amazon S3 Glacier",
    "Amazon Elastic Container Service": "Amazon ECS",
    "Amazon Elastic Container Service for Kubernetes": "Amazon EKS",
    "Amazon EC2 Container Registry (ECR)": "Amazon ECR",
    "Amazon Elastic Container Registry": "Amazon ECR",
    "Amazon Elastic File System": "Amazon EFS",
    "Amazon Elastic MapReduce": "Amazon EMR",
    "Amazon Elastic Load Balancing": "Elastic Load Balancing",
    "Amazon Simple Queue Service": "Amazon SQS",
    "Amazon Simple Notification Service": "Amazon SNS",
    "Amazon Simple Email Service": "Amazon SES",
    "Amazon Virtual Private Cloud": "Amazon VPC",
    "Amazon Managed Streaming for Apache Kafka": "Amazon MSK",
    "Amazon Managed Workflows for Apache Airflow": "Amazon MWAA",
    "AmazonCloudWatch": "Amazon CloudWatch",
    "AWS Key Management Service": "AWS KMS",
    "AWS Database Migration Service": "AWS DMS",
    "AWS Web Application Firewall": "AWS WAF",
    "AWS Identity and Access Management Access Analyzer": "IAM Access Analyzer",
}


def short_name(service: str) -> str:
    """`Amazon EC2` for `Amazon Elastic Compute Cloud - Compute`; a name that is not listed stays as it is."""
    return _SHORT.get(service, service)


def full_name(name: str) -> str:
    """Cost Explorer's name of a service, of its own or of its short one; one that is not known as it is."""
    return next((full for full, short in _SHORT.items() if short.lower() == name.lower()), name)
