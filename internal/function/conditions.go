package function

import (
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
)

// Lambda's table of actions, resources and condition keys:
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
// lambda:FunctionArn is of event source mappings, which are not here.

// said are condition keys, in lower case, and their values.
type said map[string][]string

// on is the permission for an operation about one function: it is asked for on
// the function's ARN without qualifier, with the function's own policy.
func on[In any](s *Service, operation string, name func(*In) *string, speak ...func(*In, said)) awsapi.Access {
	return awsapi.Action("lambda:"+operation, func(call *access.Call, in *In) (string, error) {
		t, err := find(call, name(in), nil)
		if err != nil {
			return "", err
		}
		keys := said{}
		for _, f := range speak {
			f(in, keys)
		}
		return s.about(call, t.at(""), keys), nil
	})
}

// about tells the authorizer what is known of the function that a call is
// about: its policy and its tags, beside what the call says itself.
func (s *Service) about(call *access.Call, t target, keys said) string {
	call.Conditions = keys
	e := s.current.Load().functions[key{t.region, t.name}]
	if e == nil || t.account != s.account {
		return t.arn()
	}
	g := e.permissions[t.qualifier]
	call.Own = g.own
	if len(keys) == 0 {
		call.Conditions = e.tags
	} else {
		maps.Copy(keys, e.tags)
	}
	return t.arn()
}

// created is the function as it will be: it has no policy and no tags yet,
// and whoever may not make it does not learn whether it is there.
func (s *Service) created(call *access.Call, in *lambda.CreateFunctionInput) (string, error) {
	t, err := find(call, in.FunctionName, nil)
	if err != nil {
		return "", err
	}
	keys := said{}
	keys.tags(in.Tags)
	keys.list("lambda:layer", in.Layers)
	call.Conditions = keys
	return t.at("").arn(), nil
}

// invoked is the function as it is invoked: with the version or alias, so that
// a policy may allow one and not another. What a policy says of the function
// alone does not reach its versions and aliases.
func (s *Service) invoked(call *access.Call, in *lambda.InvokeInput) (string, error) {
	t, err := find(call, in.FunctionName, in.Qualifier)
	if err != nil {
		return "", err
	}
	return s.about(call, t, nil), nil
}

func (s *Service) permissionAdded(call *access.Call, in *lambda.AddPermissionInput) (string, error) {
	t, err := find(call, in.FunctionName, in.Qualifier)
	if err != nil {
		return "", err
	}
	keys := said{}
	keys.one("lambda:principal", text(in.Principal))
	keys.one("lambda:functionurlauthtype", string(in.FunctionUrlAuthType))
	return s.about(call, t, keys), nil
}

// permissionRemoved: the principal is that of the statement.
func (s *Service) permissionRemoved(call *access.Call, in *lambda.RemovePermissionInput) (string, error) {
	t, err := find(call, in.FunctionName, in.Qualifier)
	if err != nil {
		return "", err
	}
	keys := said{}
	if e := s.current.Load().functions[key{t.region, t.name}]; e != nil {
		if p := e.policies[t.qualifier]; p != nil {
			if i := slices.IndexFunc(p.Statements, func(st statement) bool { return st.ID == text(in.StatementId) }); i >= 0 {
				keys.one("lambda:principal", p.Statements[i].Principal)
			}
		}
	}
	return s.about(call, t, keys), nil
}

func (k said) one(key, value string) {
	if value != "" {
		k[key] = []string{value}
	}
}

func (k said) list(key string, values []string) {
	if len(values) > 0 {
		k[key] = values
	}
}

// tags are those that a call would put onto the function.
func (k said) tags(tags map[string]string) {
	maps.Copy(k, tagConditions("aws:requesttag/", tags))
	k.list("aws:tagkeys", slices.Sorted(maps.Keys(tags)))
}

// tagConditions: condition keys are the same in any case, tags are not. Of two
// that differ in case only, policies see both values, in the order of the tags.
func tagConditions(prefix string, tags map[string]string) map[string][]string {
	keys := make(map[string][]string, len(tags))
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		folded := prefix + strings.ToLower(name)
		keys[folded] = append(keys[folded], tags[name])
	}
	return keys
}
