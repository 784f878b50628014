package function

import (
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
)

// Lambda's table of actions, resources and condition keys:
// https://docs.aws.amazon.com/service-authorization/latest/reference/list_awslambda.html
// lambda:FunctionArn is of event source mappings, which are not here.

// on is the permission for an operation about one function: it is asked for on
// the function's ARN without qualifier, with the function's own policy.
func on[In any](s *Service, operation string, name func(*In) *string, speak ...func(*In, access.Keys)) awsapi.Access {
	return awsapi.Action("lambda:"+operation, func(call *access.Call, in *In) (string, error) {
		t, err := find(call, name(in), nil)
		if err != nil {
			return "", err
		}
		keys := access.Keys{}
		for _, f := range speak {
			f(in, keys)
		}
		return s.about(call, t.at(""), keys), nil
	})
}

// about tells the authorizer what is known of the function that a call is
// about: its policy and its tags, beside what the call says itself.
func (s *Service) about(call *access.Call, t target, keys access.Keys) string {
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
	keys := access.Keys{}
	keys.Gives(in.Tags)
	keys.List("lambda:layer", in.Layers)
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
	keys := access.Keys{}
	keys.One("lambda:principal", text(in.Principal))
	keys.One("lambda:functionurlauthtype", string(in.FunctionUrlAuthType))
	return s.about(call, t, keys), nil
}

// permissionRemoved: the principal is that of the statement.
func (s *Service) permissionRemoved(call *access.Call, in *lambda.RemovePermissionInput) (string, error) {
	t, err := find(call, in.FunctionName, in.Qualifier)
	if err != nil {
		return "", err
	}
	keys := access.Keys{}
	if e := s.current.Load().functions[key{t.region, t.name}]; e != nil {
		if p := e.policies[t.qualifier]; p != nil {
			if i := slices.IndexFunc(p.Statements, func(st statement) bool { return st.ID == text(in.StatementId) }); i >= 0 {
				keys.One("lambda:principal", p.Statements[i].Principal)
			}
		}
	}
	return s.about(call, t, keys), nil
}

// resourceTags are what policies may be about, made once for a function.
func resourceTags(tags map[string]string) access.Keys {
	keys := access.Keys{}
	keys.Has(tags)
	return keys
}
