package restapi_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

const (
	keptRole    = "arn:aws:iam::000000000000:role/admin" // that nobody may hand out
	foreignRole = "arn:aws:iam::111111111111:role/r"
	asCaller    = "arn:aws:iam::*:user/*"
)

// Whoever gives an API a role acts as that role: each way to do so is guarded.
func TestRolesAreHandedOutByThoseWhoMay(t *testing.T) {
	w := newWorld(t)
	w.roles.kept = []string{keptRole}
	a := w.newAPI()
	a.open("GET", "/x")
	a.method("GET", "/signed", &apigateway.PutMethodInput{AuthorizationType: aws.String("AWS_IAM")})
	a.lambda("GET", "/signed")
	resource, get := aws.String(a.resource("/x")), aws.String("GET")
	authorizer := a.tokenAuthorizer("held", nil)
	names := 0
	ways := map[string]func(arn string) error{
		"an integration": func(arn string) error {
			_, err := w.client.PutIntegration(t.Context(), &apigateway.PutIntegrationInput{
				RestApiId: &a.id, ResourceId: resource, HttpMethod: get, Type: types.IntegrationTypeAwsProxy,
				IntegrationHttpMethod: aws.String("POST"), Uri: aws.String(functionURI), Credentials: &arn,
			})
			return err
		},
		"a change of an integration": func(arn string) error {
			_, err := w.client.UpdateIntegration(t.Context(), &apigateway.UpdateIntegrationInput{RestApiId: &a.id, ResourceId: resource, HttpMethod: get, PatchOperations: replace("/credentials", arn)})
			return err
		},
		"an authorizer": func(arn string) error {
			names++
			_, err := w.client.CreateAuthorizer(t.Context(), &apigateway.CreateAuthorizerInput{
				RestApiId: &a.id, Name: aws.String(string(rune('a' + names))), Type: types.AuthorizerTypeToken, AuthorizerUri: aws.String(functionURI),
				IdentitySource: aws.String("method.request.header.A"), AuthorizerCredentials: &arn,
			})
			return err
		},
		"a change of an authorizer": func(arn string) error {
			_, err := w.client.UpdateAuthorizer(t.Context(), &apigateway.UpdateAuthorizerInput{RestApiId: &a.id, AuthorizerId: &authorizer, PatchOperations: replace("/authorizerCredentials", arn)})
			return err
		},
		"the account": func(arn string) error {
			_, err := w.client.UpdateAccount(t.Context(), &apigateway.UpdateAccountInput{PatchOperations: replace("/cloudwatchRoleArn", arn)})
			return err
		},
	}
	for name, give := range ways {
		t.Run(name, func(t *testing.T) {
			err := give(keptRole)
			expectError(t, err, "AccessDeniedException", "is not authorized to perform: iam:PassRole on resource: "+keptRole)
			expectStatus(t, err, 403)
			expectError(t, give(foreignRole), "AccessDeniedException", "Cross-account pass role is not allowed.")
			expectError(t, give("arn:aws:iam::000000000000:user/u"), "BadRequestException", "Invalid ARN specified in the request")
			expectError(t, give("admin"), "BadRequestException", "Invalid ARN specified in the request")
			must(t, give(roleARN))
		})
	}

	m, err := w.client.GetIntegration(t.Context(), &apigateway.GetIntegrationInput{RestApiId: &a.id, ResourceId: resource, HttpMethod: get})
	must(t, err)
	au, err := w.client.GetAuthorizer(t.Context(), &apigateway.GetAuthorizerInput{RestApiId: &a.id, AuthorizerId: &authorizer})
	must(t, err)
	if aws.ToString(m.Credentials) != roleARN || aws.ToString(au.AuthorizerCredentials) != roleARN {
		t.Errorf("%v, %v", m.Credentials, au.AuthorizerCredentials)
	}
	// Who may not hand the role out may still edit what has it already.
	w.roles.kept = []string{roleARN}
	_, err = w.client.UpdateIntegration(t.Context(), &apigateway.UpdateIntegrationInput{RestApiId: &a.id, ResourceId: resource, HttpMethod: get, PatchOperations: replace("/timeoutInMillis", "1000")})
	must(t, err)
	_, err = w.client.UpdateAuthorizer(t.Context(), &apigateway.UpdateAuthorizerInput{RestApiId: &a.id, AuthorizerId: &authorizer, PatchOperations: replace("/name", "renamed")})
	must(t, err)
}

func TestTheCallersOwnCredentials(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	give := func(verb, path string, kind types.IntegrationType) error {
		in := &apigateway.PutIntegrationInput{
			RestApiId: &a.id, ResourceId: aws.String(a.resource(path)), HttpMethod: &verb, Type: kind,
			IntegrationHttpMethod: aws.String("POST"), Uri: aws.String(functionURI), Credentials: aws.String(asCaller),
		}
		if kind == types.IntegrationTypeHttpProxy {
			in.Uri = aws.String("http://localhost/")
		}
		_, err := w.client.PutIntegration(t.Context(), in)
		return err
	}
	a.method("GET", "/open", &apigateway.PutMethodInput{AuthorizationType: aws.String("NONE")})
	a.method("GET", "/signed", &apigateway.PutMethodInput{AuthorizationType: aws.String("AWS_IAM")})
	expectError(t, give("GET", "/open", types.IntegrationTypeAwsProxy), "BadRequestException", "must be AWS_IAM")
	expectError(t, give("GET", "/signed", types.IntegrationTypeHttpProxy), "BadRequestException", "is not supported by Sallyport yet")
	must(t, give("GET", "/signed", types.IntegrationTypeAwsProxy))
	_, err := w.client.UpdateMethod(t.Context(), &apigateway.UpdateMethodInput{RestApiId: &a.id, ResourceId: aws.String(a.resource("/signed")), HttpMethod: aws.String("GET"), PatchOperations: replace("/authorizationType", "NONE")})
	expectError(t, err, "BadRequestException", "must be AWS_IAM")
}

func TestTheAccount(t *testing.T) {
	w := newWorld(t)
	w.roles.untrusting = []string{keptRole}
	got, err := w.client.GetAccount(t.Context(), &apigateway.GetAccountInput{})
	must(t, err)
	if got.CloudwatchRoleArn != nil || got.ThrottleSettings.RateLimit != 10000 || got.ThrottleSettings.BurstLimit != 5000 {
		t.Errorf("%+v", got)
	}
	update := func(region string, operations []types.PatchOperation) (*apigateway.UpdateAccountOutput, error) {
		return w.client.UpdateAccount(t.Context(), &apigateway.UpdateAccountInput{PatchOperations: operations}, func(o *apigateway.Options) { o.Region = region })
	}
	_, err = update(region, replace("/cloudwatchRoleArn", keptRole))
	expectError(t, err, "BadRequestException", "The role ARN does not have required permissions configured.")
	for range 2 { // as often as one likes
		out, err := update(region, replace("/cloudwatchRoleArn", roleARN))
		must(t, err)
		if *out.CloudwatchRoleArn != roleARN {
			t.Errorf("%+v", out)
		}
	}
	_, err = update(region, replace("/throttleSettings/rateLimit", "1"))
	expectError(t, err, "BadRequestException", "Invalid patch path  '/throttleSettings/rateLimit' specified for op 'replace'. Must be one of: [/cloudwatchRoleArn]")
	elsewhere, err := w.client.GetAccount(t.Context(), &apigateway.GetAccountInput{}, func(o *apigateway.Options) { o.Region = "us-east-1" })
	must(t, err)
	if elsewhere.CloudwatchRoleArn != nil {
		t.Errorf("another region has it, too: %+v", elsewhere)
	}
	out, err := update(region, []types.PatchOperation{{Op: types.OpRemove, Path: aws.String("/cloudwatchRoleArn")}})
	must(t, err)
	if out.CloudwatchRoleArn != nil {
		t.Errorf("%+v", out)
	}
}
