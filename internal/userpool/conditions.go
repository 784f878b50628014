package userpool

import (
	"maps"
	"slices"
	"strings"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"

	"github.com/sallyport/sallyport/internal/access"
)

// What policies may be about beside action and ARN: the tags that a pool has,
// and those that a call gives to one or takes from it.
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncognitouserpools.html
const (
	keyRequestTag  = "aws:requesttag/"
	keyResourceTag = "aws:resourcetag/"
	keyTagKeys     = "aws:tagkeys"
)

// newPool is the resource of CreateUserPool: it has no ARN before it is made.
func newPool(call *access.Call, in *idp.CreateUserPoolInput) (string, error) {
	call.Conditions = conditions{}.passes(in)
	return "*", nil
}

// toldOfPool returns the ARN of a pool in the call's region, and notes what
// policies may be about. It looks into the snapshot and says nothing of whether
// the pool is there: one that is not is one without tags.
func (s *Service) toldOfPool(call *access.Call, id string, in any) string {
	c := conditions{}
	if p := s.current.Load().pools[id]; p != nil && p.Region == call.Region {
		for key, value := range p.Tags {
			c.add(keyResourceTag+key, value)
		}
	}
	call.Conditions = c.passes(in)
	return arn(call.Region, s.account, id)
}

// toldOfARN is toldOfPool for a pool's ARN. One of another region is nothing
// that the call could reach: the handler refuses it.
func (s *Service) toldOfARN(call *access.Call, resource string, in any) string {
	if region, id, ok := poolOfARN(resource, s.account); ok && region == call.Region {
		return s.toldOfPool(call, id, in)
	}
	call.Conditions = conditions{}.passes(in)
	return resource
}

// conditions are values by condition key. Keys of conditions have no case, tags
// have: two tags that differ in case alone are two values of one key, which a
// policy that expects one takes for neither.
type conditions map[string][]string

func (c conditions) add(key, value string) {
	key = strings.ToLower(key)
	c[key] = append(c[key], value)
}

// passes adds the tags that an input gives or takes.
func (c conditions) passes(in any) conditions {
	switch in := in.(type) {
	case *idp.CreateUserPoolInput:
		c.gives(in.UserPoolTags)
	case *idp.UpdateUserPoolInput:
		c.gives(in.UserPoolTags)
	case *idp.TagResourceInput:
		c.gives(in.Tags)
	case *idp.UntagResourceInput:
		c.keys(in.TagKeys)
	}
	return c
}

func (c conditions) gives(tags map[string]string) {
	keys := slices.Sorted(maps.Keys(tags))
	for _, key := range keys {
		c.add(keyRequestTag+key, tags[key])
	}
	c.keys(keys)
}

func (c conditions) keys(list []string) {
	for _, key := range list {
		c.add(keyTagKeys, key)
	}
}
