package gateway

import (
	"net/netip"
	"strconv"
	"time"

	"github.com/sallyport/sallyport/internal/policy"
)

// conditions are the condition keys of a request of whose caller IAM knows
// nothing. Whatever the function says of them is no key.
// https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-resource-policies-aws-condition-keys.html
type conditions exchange

// Value implements policy.Context.
func (c *conditions) Value(key string) policy.Values {
	var value string
	switch key {
	case "aws:currenttime":
		value = c.at.UTC().Format(time.RFC3339)
	case "aws:epochtime":
		value = strconv.FormatInt(c.at.Unix(), 10)
	case "aws:sourceip":
		if source, err := netip.ParseAddr(c.source); err == nil {
			value = source.Unmap().String()
		}
	case "aws:securetransport":
		value = strconv.FormatBool(c.r.TLS != nil)
	case "aws:useragent":
		value = c.r.UserAgent()
	case "aws:referer":
		if from := c.r.Header["Referer"]; len(from) == 1 {
			value = from[0]
		}
	case "aws:requestedregion":
		value = c.stage.region
	case "aws:resourceaccount":
		value = c.stage.account
	}
	if value == "" {
		return policy.Values{}
	}
	return policy.One(value)
}
