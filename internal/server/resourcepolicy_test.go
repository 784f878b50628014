package server_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/sallyport/sallyport/internal/config"
)

// The policy of an API, as its owner writes it, before strangers and before
// people with keys: GET / is open to all, POST / to who has signed.
func TestAnAPIsOwnPolicyIsAskedAboutStrangersAndSigners(t *testing.T) {
	w := start(t, config.Config{}, nil)
	ctx := t.Context()
	id := *must(w.apis.CreateRestApi(ctx, &apigateway.CreateRestApiInput{Name: aws.String("own")}))(t).Id
	root := must(w.apis.GetResources(ctx, &apigateway.GetResourcesInput{RestApiId: &id}))(t).Items[0].Id
	for verb, authorization := range map[string]string{"GET": "NONE", "POST": "AWS_IAM"} {
		must(w.apis.PutMethod(ctx, &apigateway.PutMethodInput{RestApiId: &id, ResourceId: root, HttpMethod: &verb, AuthorizationType: &authorization}))(t)
		must(w.apis.PutIntegration(ctx, &apigateway.PutIntegrationInput{RestApiId: &id, ResourceId: root, HttpMethod: &verb, Type: apitypes.IntegrationTypeMock,
			RequestTemplates: map[string]string{"application/json": `{"statusCode": 200}`}}))(t)
		must(w.apis.PutMethodResponse(ctx, &apigateway.PutMethodResponseInput{RestApiId: &id, ResourceId: root, HttpMethod: &verb, StatusCode: aws.String("200")}))(t)
		must(w.apis.PutIntegrationResponse(ctx, &apigateway.PutIntegrationResponseInput{RestApiId: &id, ResourceId: root, HttpMethod: &verb, StatusCode: aws.String("200")}))(t)
	}
	deploy := func() {
		must(w.apis.CreateDeployment(ctx, &apigateway.CreateDeploymentInput{RestApiId: &id, StageName: aws.String("prod")}))(t)
	}
	deploy()
	people := iam.NewFromConfig(w.aws)
	keys := map[string]aws.Credentials{}
	for name, may := range map[string]string{"ann": "", "bob": "execute-api:Invoke"} { // ann's own policies say nothing
		must(people.CreateUser(ctx, &iam.CreateUserInput{UserName: &name}))(t)
		if may != "" {
			must(people.PutUserPolicy(ctx, &iam.PutUserPolicyInput{UserName: &name, PolicyName: &name,
				PolicyDocument: aws.String(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"` + may + `","Resource":"*"}}`)}))(t)
		}
		key := must(people.CreateAccessKey(ctx, &iam.CreateAccessKeyInput{UserName: &name}))(t).AccessKey
		keys[name] = aws.Credentials{AccessKeyID: *key.AccessKeyId, SecretAccessKey: *key.SecretAccessKey}
	}
	const ann = `{"AWS":"arn:aws:iam::` + account + `:user/ann"}`
	one := func(effect, principal, resource, condition string) string {
		return `{"Effect":"` + effect + `","Principal":` + principal + `,"Action":"execute-api:Invoke","Resource":"execute-api:/` + resource + `","Condition":{` + condition + `}}`
	}
	everybody := one("Allow", `"*"`, "*", "")
	path := "/_aws/execute-api/" + id + "/prod/"
	for _, c := range []struct {
		name, statements   string
		stranger, ann, bob int
	}{
		{"none", "", 200, 403, 200},
		{"everybody", everybody, 200, 200, 200},
		{"everybody may GET", one("Allow", `"*"`, "prod/GET/*", ""), 200, 403, 200},
		{"another stage", one("Allow", `"*"`, "test/*", ""), 403, 403, 200},
		{"ann alone", one("Allow", ann, "*", ""), 403, 200, 200},
		{"everybody but ann", everybody + "," + one("Deny", ann, "*", ""), 200, 403, 200},
		{"who is of the account", one("Allow", `"*"`, "*", `"StringEquals":{"aws:PrincipalAccount":"`+account+`"}`), 403, 200, 200},
		{"who is called ann", one("Allow", `"*"`, "*", `"StringEquals":{"aws:username":"ann"}`), 403, 200, 200},
		{"from here", one("Allow", `"*"`, "*", `"IpAddress":{"aws:SourceIp":["127.0.0.0/8","::1/128"]}`), 200, 200, 200},
		{"not from here", everybody + "," + one("Deny", `"*"`, "*", `"IpAddress":{"aws:SourceIp":["127.0.0.0/8","::1/128"]}`), 403, 403, 403},
		{"not in the clear", everybody + "," + one("Deny", `"*"`, "*", `"Bool":{"aws:SecureTransport":"false"}`), 403, 403, 403},
		{"from a network of AWS's", one("Allow", `"*"`, "*", `"StringEquals":{"aws:SourceVpc":"vpc-1"}`), 403, 403, 200},
		{"by an agent", one("Allow", `"*"`, "prod/GET/*", `"StringLike":{"aws:UserAgent":"kitchen/*"}`), 200, 403, 200},
		{"another agent", one("Allow", `"*"`, "prod/GET/*", `"StringLike":{"aws:UserAgent":"garden/*"}`), 403, 403, 200},
		{"after a day", one("Allow", `"*"`, "*", `"DateGreaterThan":{"aws:CurrentTime":"2999-01-01T00:00:00Z"}`), 403, 403, 200},
	} {
		if c.statements != "" {
			must(w.apis.UpdateRestApi(ctx, &apigateway.UpdateRestApiInput{RestApiId: &id, PatchOperations: []apitypes.PatchOperation{
				{Op: apitypes.OpReplace, Path: aws.String("/policy"), Value: aws.String(`{"Version":"2012-10-17","Statement":[` + c.statements + `]}`)}}}))(t)
			deploy()
		}
		for who, want := range map[string]int{"a stranger": c.stranger, "ann": c.ann, "bob": c.bob} {
			var got reply
			if who == "a stranger" {
				got = w.send(t, "GET", path, "", "User-Agent", "kitchen/1")
			} else {
				got = w.sendSigned(t, keys[who], "POST", path, "")
			}
			if got.status != want {
				t.Errorf("%s: %s: %d %s, want %d", c.name, who, got.status, got.body, want)
			}
			if got.status == 403 && !strings.HasPrefix(got.body, `{"Message":"User: `) {
				t.Errorf("%s: %s hears %s", c.name, who, got.body)
			}
		}
	}
	// What is edited counts when it is deployed.
	must(w.apis.UpdateRestApi(ctx, &apigateway.UpdateRestApiInput{RestApiId: &id, PatchOperations: []apitypes.PatchOperation{
		{Op: apitypes.OpReplace, Path: aws.String("/policy"), Value: aws.String(`{"Version":"2012-10-17","Statement":[` + everybody + `]}`)}}}))(t)
	if got := w.send(t, "GET", path, ""); got.status != 403 {
		t.Errorf("edited: %d", got.status)
	}
	deploy()
	if got := w.send(t, "GET", path, ""); got.status != 200 {
		t.Errorf("deployed: %d", got.status)
	}
}
