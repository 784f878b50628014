package restapi

import (
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/sallyport/sallyport/internal/awsapi"
)

// as makes an output of a shape that has the same members.
func as[Out any](shape any) *Out { return awsapi.As[Out](shape) }

// text is what a member holds, "" when it is absent.
func text(s *string) string { return aws.ToString(s) }

// optional leaves an empty text out of an answer, as AWS does.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func instant(milliseconds int64) *time.Time {
	t := time.UnixMilli(milliseconds).UTC()
	return &t
}
