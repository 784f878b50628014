package httpapi

import (
	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/gateway"
)

// Roles is what HTTP APIs need of the account under whose roles functions are
// called. The service that they are passed to is apigateway.amazonaws.com.
type Roles interface {
	// MayPass answers whether call.Caller may give a role to API Gateway.
	MayPass(call *access.Call, roleARN string) access.Verdict
}

// credentials are a role and what it is used to call.
type credentials struct{ role, target string }

// mayPass requires that the caller may give a role to API Gateway. Whoever may
// not does not learn whether it exists.
func (svc *Service) mayPass(call *access.Call, roleARN string) error {
	if roleARN == "" || gateway.CheckCredentials(roleARN, false) != nil { // which Check refuses
		return nil
	}
	about := *call
	about.Conditions = nil // those of the operation say nothing of the role
	if v := svc.roles.MayPass(&about, roleARN); !v.Allowed || v.Explicit {
		return awsapi.Denied(call, "iam:PassRole", roleARN, v)
	}
	return nil
}

// mayAim is mayPass for what an update makes of held. Beyond AWS, a role that
// stays but is to call another function must be the caller's to give, too: an
// editor of APIs could otherwise use it for what they choose.
func (svc *Service) mayAim(call *access.Call, held, next credentials) error {
	if held == next {
		return nil
	}
	return svc.mayPass(call, next.role)
}
