package main

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"os"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	apitypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"
)

// apis are the hosts of the APIs, and below them the stage prod.
type apis struct {
	rest string // open, guarded (HTTP_PROXY), lambda (AWS_PROXY)
	last string // of many, each with the routes r0 to r9, all guarded
}

// Of the many APIs, and the routes of each.
const (
	manyAPIs   = 100
	manyRoutes = 10
)

// workshop builds APIs by the calls that everybody makes.
type workshop struct {
	client   *apigateway.Client
	pool     string
	upstream string
}

func deploy(ctx context.Context, c aws.Config, pool, upstream, function string) (*apis, error) {
	w := &workshop{apigateway.NewFromConfig(c), pool, upstream}
	arn, err := makeFunction(ctx, c, function)
	if err != nil {
		return nil, err
	}
	invoke := "arn:aws:apigateway:" + region + ":lambda:path/2015-03-31/functions/" + arn + "/invocations"
	made := &apis{}
	if made.rest, err = w.api(ctx, "bench", []endpoint{
		{"open", false, apitypes.IntegrationTypeHttpProxy, upstream},
		{"guarded", true, apitypes.IntegrationTypeHttpProxy, upstream},
		{"lambda", true, apitypes.IntegrationTypeAwsProxy, invoke},
	}); err != nil {
		return nil, err
	}
	var routes []endpoint
	for i := range manyRoutes {
		routes = append(routes, endpoint{fmt.Sprintf("r%d", i), true, apitypes.IntegrationTypeHttpProxy, upstream})
	}
	for i := range manyAPIs {
		if made.last, err = w.api(ctx, fmt.Sprintf("many-%d", i), routes); err != nil {
			return nil, err
		}
	}
	return made, nil
}

// endpoint is GET on a path of one segment.
type endpoint struct {
	path    string
	guarded bool
	kind    apitypes.IntegrationType
	uri     string
}

// api deploys a REST API to the stage prod, and returns its host.
func (w *workshop) api(ctx context.Context, name string, endpoints []endpoint) (host string, err error) {
	made, err := w.client.CreateRestApi(ctx, &apigateway.CreateRestApiInput{Name: &name})
	if err != nil {
		return "", err
	}
	authorizer, err := w.client.CreateAuthorizer(ctx, &apigateway.CreateAuthorizerInput{
		RestApiId: made.Id, Name: aws.String("people"), Type: apitypes.AuthorizerTypeCognitoUserPools,
		ProviderARNs: []string{w.pool}, IdentitySource: aws.String("method.request.header.Authorization"),
	})
	if err != nil {
		return "", err
	}
	for _, e := range endpoints {
		resource, err := w.client.CreateResource(ctx, &apigateway.CreateResourceInput{RestApiId: made.Id, ParentId: made.RootResourceId, PathPart: &e.path})
		if err != nil {
			return "", err
		}
		method := &apigateway.PutMethodInput{RestApiId: made.Id, ResourceId: resource.Id, HttpMethod: aws.String("GET"), AuthorizationType: aws.String("NONE")}
		if e.guarded {
			method.AuthorizationType, method.AuthorizerId = aws.String("COGNITO_USER_POOLS"), authorizer.Id
		}
		if _, err := w.client.PutMethod(ctx, method); err != nil {
			return "", err
		}
		verb := "GET"
		if e.kind == apitypes.IntegrationTypeAwsProxy {
			verb = "POST"
		}
		if _, err := w.client.PutIntegration(ctx, &apigateway.PutIntegrationInput{
			RestApiId: made.Id, ResourceId: resource.Id, HttpMethod: aws.String("GET"), Type: e.kind, IntegrationHttpMethod: &verb, Uri: &e.uri,
		}); err != nil {
			return "", err
		}
	}
	_, err = w.client.CreateDeployment(ctx, &apigateway.CreateDeploymentInput{RestApiId: made.Id, StageName: aws.String("prod")})
	return *made.Id + ".execute-api." + region + ".localhost", err
}

// makeFunction makes the function that API Gateway may call.
func makeFunction(ctx context.Context, c aws.Config, program string) (arn string, err error) {
	role, err := iam.NewFromConfig(c).CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("bench"), AssumeRolePolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}}`)})
	if err != nil {
		return "", err
	}
	packed, err := zipped(program)
	if err != nil {
		return "", err
	}
	functions := lambda.NewFromConfig(c)
	made, err := functions.CreateFunction(ctx, &lambda.CreateFunctionInput{
		FunctionName: aws.String("bench"), Runtime: lambdatypes.RuntimeProvidedal2023, Handler: aws.String("bootstrap"), Role: role.Role.Arn,
		Code: &lambdatypes.FunctionCode{ZipFile: packed},
	})
	if err != nil {
		return "", err
	}
	_, err = functions.AddPermission(ctx, &lambda.AddPermissionInput{
		FunctionName: aws.String("bench"), StatementId: aws.String("api"), Action: aws.String("lambda:InvokeFunction"),
		Principal: aws.String("apigateway.amazonaws.com"),
	})
	return *made.FunctionArn, err
}

func zipped(program string) ([]byte, error) {
	text, err := os.ReadFile(program)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	header := &zip.FileHeader{Name: "bootstrap", Method: zip.Deflate}
	header.SetMode(0o755)
	f, err := z.CreateHeader(header)
	if err != nil {
		return nil, err
	}
	if _, err := f.Write(text); err != nil {
		return nil, err
	}
	err = z.Close()
	return b.Bytes(), err
}
