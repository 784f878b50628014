package restapi

import (
	"strings"

	"github.com/aws/smithy-go"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/gateway"
)

// Roles is what APIs need of the account whose roles call functions for them.
// The service that they are passed to, and that their trust is about, is
// apigateway.amazonaws.com.
type Roles interface {
	// MayPass answers whether call.Caller may give a role to API Gateway.
	MayPass(call *access.Call, roleARN string) access.Verdict
	// Trusts reports whether the account has the role and it trusts API Gateway.
	Trusts(call *access.Call, roleARN string) bool
}

const passRole = "iam:PassRole"

// mayHandOut requires that whoever calls may give the role to API Gateway: an
// editor of APIs could otherwise act as any role that trusts it. "" is no role.
// As at AWS, whether the role is there is only seen when it is used.
func (svc *Service) mayHandOut(call *access.Call, arn string) error {
	if arn == "" {
		return nil
	}
	if err := gateway.CheckCredentials(arn, false); err != nil {
		return err
	}
	if parts := strings.SplitN(arn, ":", 6); parts[4] != call.Account {
		return &smithy.GenericAPIError{Code: "AccessDeniedException", Message: "Cross-account pass role is not allowed."}
	}
	about := *call
	about.Conditions = nil // those of the operation say nothing of the role
	if v := svc.roles.MayPass(&about, arn); !v.Allowed || v.Explicit {
		return awsapi.Denied(call, passRole, arn, v)
	}
	return nil
}

// callerCredentials, as those of an integration, are those with which the request
// was signed.
const callerCredentials = "arn:aws:iam::*:user/*"

// mayActAs holds the credentials of a method's integration to a role that whoever
// calls may hand out, or to a caller who has some. held is what it had before.
func (svc *Service) mayActAs(call *access.Call, m *gateway.Method, held string) error {
	arn := m.Integration.CredentialsARN
	switch {
	case arn == callerCredentials && m.Authorization != gateway.AuthorizationIAM:
		return badRequest("Caller provided credentials not allowed for this kind of authorization: the method's authorization type must be AWS_IAM")
	case arn == callerCredentials, arn == held:
		return nil
	}
	return svc.mayHandOut(call, arn)
}
