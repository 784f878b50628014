package userpool

import (
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"github.com/sallyport/sallyport/internal/access"
)

// What policies may be about beside action and ARN: the tags that a pool has,
// and those that a call gives to one or takes from it.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncognitouserpools.html
// newPool is the resource of CreateUserPool: it has no ARN before it is made.
func newPool(call *access.Call, in *idp.CreateUserPoolInput) (string, error) {
	call.Conditions = passed(access.Keys{}, in)
	return "*", nil
}

// toldOfPool returns the ARN of a pool in the call's region, and notes what
// policies may be about. It looks into the snapshot and says nothing of whether
// the pool is there: one that is not is one without tags.
func (s *Service) toldOfPool(call *access.Call, id string, in any) string {
	c := access.Keys{}
	if p := s.current.Load().pools[id]; p != nil && p.Region == call.Region {
		c.Has(p.Tags)
	}
	call.Conditions = passed(c, in)
	return arn(call.Region, s.account, id)
}

// toldOfARN is toldOfPool for a pool's ARN. One of another region is nothing
// that the call could reach: the handler refuses it.
func (s *Service) toldOfARN(call *access.Call, resource string, in any) string {
	if region, id, ok := poolOfARN(resource, s.account); ok && region == call.Region {
		return s.toldOfPool(call, id, in)
	}
	call.Conditions = passed(access.Keys{}, in)
	return resource
}

// passed adds the tags that an input gives or takes.
func passed(c access.Keys, in any) access.Keys {
	switch in := in.(type) {
	case *idp.CreateUserPoolInput:
		c.Gives(in.UserPoolTags)
	case *idp.UpdateUserPoolInput:
		c.Gives(in.UserPoolTags)
	case *idp.TagResourceInput:
		c.Gives(in.Tags)
	case *idp.UntagResourceInput:
		c.Takes(in.TagKeys)
	}
	return c
}
