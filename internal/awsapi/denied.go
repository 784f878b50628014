package awsapi

import (
	"github.com/aws/smithy-go"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/audit"
)

// Denied is the refusal of a permission that a handler asks for beside that of
// its operation, such as iam:PassRole: in the words of every other refusal, and
// with its trace in the call's record. It is for services of JSON and REST;
// those of Query have another code for it.
func Denied(call *access.Call, action, resource string, v access.Verdict) error {
	if v.Trace != nil && call.Record != nil {
		call.Record.Denied = &audit.Denied{Principal: callerName(call.Caller), Action: action, Resource: resource, Trace: v.Trace}
	}
	return &smithy.GenericAPIError{Code: wordings[notAuthorized][restStyle].code, Message: v.Refusal(call.Caller, action, resource)}
}
