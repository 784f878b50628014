package policy

import "fmt"

// MalformedError says that a document is no policy. Its Message is for the
// client, in AWS's words, as MalformedPolicyDocument; where the place and the
// reason stand in Line, Column and Detail.
type MalformedError struct {
	Message      string
	Detail       string // what is wrong in particular, "" when Message says it
	Line, Column int    // from 1; 0 when it concerns the whole document
}

func (e *MalformedError) Error() string {
	text := e.Message
	if e.Detail != "" {
		text += " (" + e.Detail + ")"
	}
	if e.Line > 0 {
		text = fmt.Sprintf("%d:%d: %s", e.Line, e.Column, text)
	}
	return text
}

// AWS's texts. Those above the line are known from answers that many people
// have published; those below it rest on a single source or on our wording.
const (
	msgSyntax       = "Syntax errors in policy."
	msgVersion      = "Policy document must be version 2012-10-17 or greater."
	msgLegacy       = "The policy failed legacy parsing"
	msgSid          = "Statement IDs (SID) in a single policy must be unique."
	msgNoActions    = "Policy statement must contain actions."
	msgNoResources  = "Policy statement must contain resources."
	msgVendor       = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc."
	msgOneColon     = "Actions/Condition can contain only one colon."
	msgBadVendor    = "Vendor %s is not valid"
	msgNotARN       = `Resource %s must be in ARN format or "*".`
	msgPartition    = `Partition "%s" is not valid for resource "%s".`
	msgQualified    = "Resource vendor must be fully qualified and cannot contain regexes."
	msgS3Region     = "Resource %s can not contain region information."
	msgIAMRegion    = "IAM resource %s cannot contain region information."
	msgIAMPath      = `IAM resource path must either be "*" or start with user/, federated-user/, role/, group/, instance-profile/, mfa/, server-certificate/, policy/, sms-mfa/, saml-provider/, oidc-provider/, report/, access-report/.`
	msgPrincipal    = "Policy document should not specify a principal."
	msgNoResource   = "Has prohibited field Resource"
	msgBadPrincipal = `Invalid principal in policy: "%s":"%s"`
	msgTrustActions = "AssumeRole policy may only specify STS AssumeRole actions."

	msgNoPrincipal  = "Missing required field Principal"
	msgNotPrincipal = "Has prohibited field NotPrincipal"
	msgSidText      = "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*"
	msgLongResource = "A Resource of an authorizer's policy has at most %d characters."
	msgTooLong      = "The policy document is larger than %d characters."
)
