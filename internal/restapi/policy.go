package restapi

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
	"github.com/sallyport/sallyport/internal/policy"
)

const (
	maxPolicy   = 8192 // bytes
	badPolicy   = "Invalid policy document. Please check the policy syntax and ensure that Principals are valid."
	writePolicy = "apigateway:UpdateRestApiPolicy"
	// shortResource begins a resource of the API that the policy stands on.
	shortResource = "execute-api:/"
)

// mayWritePolicy asks for the permission that AWS wants for this beside that of
// the call: who may edit an API shall not by that alone open it to the world.
func (svc *Service) mayWritePolicy(ctx context.Context, call *access.Call, apiID string) error {
	resource := "arn:aws:apigateway:" + call.Region + "::/restapis/" + apiID
	if v := svc.policies.Authorize(ctx, call, writePolicy, resource); !v.Allowed || v.Explicit {
		return awsapi.Denied(call, writePolicy, resource, v)
	}
	return nil
}

// readPolicy holds the resource policy of an API to its grammar and returns it as
// it is kept: in one form, with whole ARNs where the short form stood.
func readPolicy(call *access.Call, apiID, text string) (string, error) {
	bad := func(why string) error { return badRequest("%s (%s)", badPolicy, why) }
	if len(text) > maxPolicy {
		return "", bad("it has more than 8192 bytes")
	}
	p, err := policy.Parse(policy.Resource, []byte(text))
	if err != nil {
		return "", bad(err.Error())
	}
	whole := "arn:aws:execute-api:" + call.Region + ":" + call.Account + ":" + apiID + "/"
	expanded, err := expand(p.String(), whole)
	if err != nil {
		return "", bad(err.Error())
	}
	if p, err = policy.Parse(policy.Resource, expanded); err != nil {
		return "", bad(err.Error())
	}
	return p.String(), nil
}

// expand writes whole in the place of execute-api:/ in the resources of a policy
// in its one form.
func expand(text, whole string) ([]byte, error) {
	var document map[string]json.RawMessage
	var statements []map[string]json.RawMessage
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(document["Statement"], &statements); err != nil {
		return nil, err
	}
	for _, s := range statements {
		for _, element := range []string{"Resource", "NotResource"} {
			if s[element] == nil {
				continue
			}
			var list []string
			if bytes.HasPrefix(s[element], []byte{'"'}) {
				list = make([]string, 1)
				if err := json.Unmarshal(s[element], &list[0]); err != nil {
					return nil, err
				}
			} else if err := json.Unmarshal(s[element], &list); err != nil {
				return nil, err
			}
			for i, resource := range list {
				if rest, short := strings.CutPrefix(resource, shortResource); short {
					list[i] = whole + rest
				}
			}
			s[element], _ = json.Marshal(list) // texts always encode
		}
	}
	var err error
	if document["Statement"], err = json.Marshal(statements); err != nil {
		return nil, err
	}
	return json.Marshal(document)
}

// policyShape is how AWS shows a policy: as what stands between the quotes of a
// JSON text, with its slashes escaped, too. Clients unquote it.
func policyShape(text string) *string {
	if text == "" {
		return nil
	}
	shown := strings.NewReplacer(`\`, `\\`, `"`, `\"`, `/`, `\/`).Replace(text)
	return &shown
}
