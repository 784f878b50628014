package function

import (
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/aws/smithy-go"
)

// status is the HTTP status of error codes, where it is not 400.
var status = map[string]int{
	"AccessDeniedException":          403,
	"ResourceNotFoundException":      404,
	"ResourceConflictException":      409,
	"PreconditionFailedException":    412,
	"RequestTooLargeException":       413,
	"TooManyRequestsException":       429,
	"ServiceException":               500,
	"ResourceNotReadyException":      502,
	"RequestEntityTooLargeException": 413,
}

var user = aws.String("User")

func notFound(arn string) error { return missing("Function not found: " + arn) }

func missing(message string) error {
	return &types.ResourceNotFoundException{Message: &message, Type: user}
}

func conflict(message string) error {
	return &types.ResourceConflictException{Message: &message, Type: user}
}

func invalid(format string, args ...any) error {
	return &types.InvalidParameterValueException{Message: aws.String(fmt.Sprintf(format, args...)), Type: user}
}

// constraint is a member that breaks its model.
func constraint(value, member, rule string) error {
	return &smithy.GenericAPIError{Code: "ValidationException", Message: fmt.Sprintf(
		"1 validation error detected: Value '%s' at '%s' failed to satisfy constraint: %s", value, member, rule)}
}

func unsupported(member, why string) error {
	return invalid("%s is not supported by this server: %s", member, why)
}

func stale(call string) error {
	return &types.PreconditionFailedException{Type: user, Message: aws.String(
		"The Revision Id provided does not match the latest Revision Id. Call the " + call + " API to retrieve the latest Revision Id")}
}

func throttled(reason types.ThrottleReason) error {
	return &types.TooManyRequestsException{Type: user, Message: aws.String("Rate Exceeded."), Reason: reason}
}

func tooLarge(limit int) error {
	return &types.RequestTooLargeException{Type: user, Message: aws.String(
		fmt.Sprintf("Request must be smaller than %d bytes for the InvokeFunction operation", limit))}
}

func badContent(message string) error {
	return &types.InvalidRequestContentException{Type: user, Message: &message}
}

func text(p *string) string { return aws.ToString(p) }
