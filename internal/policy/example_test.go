package policy_test

import (
	"fmt"

	"github.com/sallyport/sallyport/internal/policy"
)

// A customer may call an API, save for its inventory.
func Example() {
	customer, err := policy.Parse(policy.Identity, []byte(`{
		"Version": "2012-10-17",
		"Statement": [
			{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "arn:aws:execute-api:*:*:abc123/*"},
			{"Effect": "Deny", "Action": "execute-api:Invoke", "Resource": "arn:aws:execute-api:*:*:abc123/*/POST/inventory"}
		]
	}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	request := &policy.Request{
		Principal: policy.Principal{
			Caller:  policy.RoleSession,
			Account: "111122223333",
			ARN:     "arn:aws:sts::111122223333:assumed-role/customer/CognitoIdentityCredentials",
			Issuer:  "arn:aws:iam::111122223333:role/customer",
		},
		Action:   "execute-api:Invoke",
		Resource: "arn:aws:execute-api:eu-west-1:111122223333:abc123/prod/GET/menu",
	}
	set := &policy.Set{Identity: []policy.Attached{{Name: "customer", Policy: customer}}}
	fmt.Println(policy.Evaluate(request, set).Outcome)

	request.Resource = "arn:aws:execute-api:eu-west-1:111122223333:abc123/prod/POST/inventory"
	decision := policy.Evaluate(request, set)
	fmt.Println(decision.Outcome)
	fmt.Println(policy.DenialCause(request.Action, decision))
	// Output:
	// Allow
	// ExplicitDeny
	//  with an explicit deny in an identity-based policy
}

// Explain is Evaluate that tells how: the same decision, with a step for each
// statement.
func ExampleExplain() {
	office := policy.MustParse(policy.Identity, `{"Version":"2012-10-17","Statement":[
		{"Sid":"FromTheOffice","Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::menus/${aws:username}/*",
		 "Condition":{"IpAddress":{"aws:SourceIp":"203.0.113.0/24"}}}]}`)
	context, err := policy.NewContext(map[string][]string{"aws:username": {"ann"}, "aws:SourceIp": {"192.0.2.1"}})
	if err != nil {
		fmt.Println(err)
		return
	}
	ann, err := policy.ParsePrincipal("arn:aws:iam::111122223333:user/ann")
	if err != nil {
		fmt.Println(err)
		return
	}
	request := &policy.Request{Principal: ann, Action: "s3:GetObject", Resource: "arn:aws:s3:::menus/ann/today", Context: context}
	decision, trace := policy.Explain(request, &policy.Set{Identity: []policy.Attached{{Name: "office", Policy: office}}})
	fmt.Println(decision.Outcome)
	for _, step := range trace.Steps {
		fmt.Println(step)
	}
	// Output:
	// ImplicitDeny
	// identity-based policy "office", statement 0 (FromTheOffice): Allow does not apply, Condition: IpAddress of aws:SourceIp wants "203.0.113.0/24", the request has "192.0.2.1"
}

// A context is anything that can be asked for a key. On the hot path it is a
// function over what the server knows anyway, which allocates nothing.
func ExampleContextFunc() {
	address := "203.0.113.7"
	context := policy.ContextFunc(func(key string) policy.Values {
		switch key {
		case "aws:sourceip":
			return policy.One(address)
		case "aws:tagkeys":
			return policy.Many([]string{"team", "project"})
		}
		return policy.Values{}
	})
	fmt.Println(context.Value("aws:sourceip").At(0), context.Value("aws:username").Present())
	// Output: 203.0.113.7 false
}
