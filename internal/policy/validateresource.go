package policy

import (
	"fmt"
	"strings"
)

var iamPaths = []string{"user/", "federated-user/", "role/", "group/", "instance-profile/", "mfa/", "server-certificate/", "policy/",
	"sms-mfa/", "saml-provider/", "oidc-provider/", "report/", "access-report/"}

// resourceFault is AWS's complaint about a Resource, or "". The checks for S3
// and IAM are those that AWS makes; it knows nothing of other services here.
func resourceFault(r string) string {
	if r == "*" {
		return ""
	}
	scheme, rest, found := strings.Cut(r, ":")
	if !found || scheme != "arn" {
		if wildOnly(r) {
			return ""
		}
		return fmt.Sprintf(msgNotARN, r)
	}
	partition, rest, found := strings.Cut(rest, ":")
	if partition != "*" && !isPartition(partition) {
		return fmt.Sprintf(msgPartition, partition, completeARN(r))
	}
	service, rest, _ := strings.Cut(rest, ":")
	if !found || service == "" {
		return msgQualified
	}
	region, rest, found := strings.Cut(rest, ":")
	account, resource, whole := strings.Cut(rest, ":")
	if found && !whole && region == "" {
		return msgLegacy // arn:aws:s3::bucket: a colon is missing
	}
	switch {
	case !found:
		return ""
	case service == "s3" && region != "" && region != "*" && whole && account == "": // a bucket; jobs and access points have both
		return fmt.Sprintf(msgS3Region, r)
	case service == "iam" && region != "" && region != "*":
		return fmt.Sprintf(msgIAMRegion, r)
	case service == "iam" && whole && !isIAMPath(resource):
		return msgIAMPath
	}
	return ""
}

func isIAMPath(resource string) bool {
	if resource == "root" || strings.HasPrefix(resource, "*") {
		return true
	}
	for _, p := range iamPaths {
		if strings.HasPrefix(resource, p) {
			return true
		}
	}
	return strings.ContainsAny(resource, "*?") // it may yet match one of them
}

func isPartition(p string) bool {
	return p == "aws" || strings.HasPrefix(p, "aws-") && !strings.ContainsAny(p, "*?${}")
}

// completeARN is how AWS shows an ARN with too few parts.
func completeARN(r string) string {
	for strings.Count(r, ":") < 5 {
		r += ":*"
	}
	return r
}
