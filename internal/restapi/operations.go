package restapi

import (
	"context"
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
)

// Where things are. A label is the Go name of an input member.
const (
	restAPIPath          = "/restapis/{RestApiId}"
	resourcesPath        = restAPIPath + "/resources"
	resourcePath         = resourcesPath + "/{ResourceId}"
	methodPath           = resourcePath + "/methods/{HttpMethod}"
	methodResponse       = methodPath + "/responses/{StatusCode}"
	integrationPath      = methodPath + "/integration"
	integrationReply     = integrationPath + "/responses/{StatusCode}"
	authorizersPath      = restAPIPath + "/authorizers"
	authorizerPath       = authorizersPath + "/{AuthorizerId}"
	deploymentsPath      = restAPIPath + "/deployments"
	deploymentPath       = deploymentsPath + "/{DeploymentId}"
	stagesPath           = restAPIPath + "/stages"
	stagePath            = stagesPath + "/{StageName}"
	gatewayResponsesPath = restAPIPath + "/gatewayresponses"
	gatewayResponsePath  = gatewayResponsesPath + "/{ResponseType}"
	tagsPath             = "/tags/{ResourceArn}"
)

// API is the control plane: the service apigateway.
func (svc *Service) API() *awsapi.Service {
	return &awsapi.Service{
		Name:     "apigateway",
		Protocol: awsapi.REST(awsapi.RESTNames{LowerFirst: true}),
		Operations: slices.Concat(
			svc.apiOperations(), svc.methodOperations(), svc.stageOperations(),
			svc.keyOperations(), svc.domainOperations(), svc.modelOperations(), svc.wholeOperations(),
		),
		Status: map[string]int{
			"BadRequestException": 400, "UnauthorizedException": 401, "NotFoundException": 404,
			"ConflictException": 409, "LimitExceededException": 429, "TooManyRequestsException": 429, "AccessDeniedException": 403,
		},
		InvalidInput: "BadRequestException",
	}
}

// op registers an operation. In API Gateway the verb and the path of a call are
// also its action and its resource (apigateway:GET on
// arn:aws:apigateway:{region}::/restapis/{id}), so that all three are said once.
func op[In, Out any](svc *Service, verb, path, name string, do awsapi.Handler[In, Out], more ...awsapi.Option) awsapi.Operation {
	var labels []string
	for _, label := range pathLabel.FindAllStringSubmatch(path, -1) {
		labels = append(labels, label[1])
	}
	options := append([]awsapi.Option{awsapi.Route(verb, path), awsapi.Require(labels...)}, more...)
	answering := func(ctx context.Context, call *access.Call, in *In) (*Out, error) {
		if err := constrain(name, labels, in); err != nil {
			return nil, err
		}
		out, err := do(ctx, call, in)
		return out, inOurWords(err)
	}
	return awsapi.Op(name, awsapi.Action("apigateway:"+verb, arnOf[In](svc, path)), answering, options...)
}

var pathLabel = regexp.MustCompile(`\{(\w+)\}`)

// arnOf makes the ARN of a path. It is made of the input alone: what exists
// cannot be told from it.
func arnOf[In any](svc *Service, path string) func(*access.Call, *In) (string, error) {
	path, _, _ = strings.Cut(path, "?")
	for _, label := range pathLabel.FindAllStringSubmatch(path, -1) {
		if f, ok := reflect.TypeFor[In]().FieldByName(label[1]); !ok || f.Type != reflect.TypeFor[*string]() && f.Type.Kind() != reflect.String {
			panic(fmt.Sprintf("restapi: %s has no text %s, which %s names", reflect.TypeFor[In](), label[1], path))
		}
	}
	return func(call *access.Call, in *In) (string, error) {
		if err := svc.about(call, in); err != nil {
			return "", err
		}
		filled := pathLabel.ReplaceAllStringFunc(path, func(label string) string {
			member := reflect.Indirect(reflect.ValueOf(in).Elem().FieldByName(label[1 : len(label)-1]))
			if path == tagsPath { // the ARN is one part of this one
				return url.QueryEscape(member.String())
			}
			return member.String() // Require has seen to it that it is there
		})
		return "arn:aws:apigateway:" + call.Region + "::" + filled, nil
	}
}

var inPages = awsapi.InQuery("Position=position", "Limit=limit")

func (svc *Service) apiOperations() []awsapi.Operation {
	return []awsapi.Operation{
		op(svc, "GET", "/account", "GetAccount", svc.getAccount),
		op(svc, "PATCH", "/account", "UpdateAccount", svc.updateAccount),
		op(svc, "POST", "/restapis", "CreateRestApi", svc.createRestAPI, awsapi.Status(201), awsapi.Require("Name")),
		op(svc, "GET", "/restapis", "GetRestApis", svc.getRestAPIs, inPages),
		op(svc, "GET", restAPIPath, "GetRestApi", svc.getRestAPI),
		op(svc, "PATCH", restAPIPath, "UpdateRestApi", svc.updateRestAPI),
		op(svc, "DELETE", restAPIPath, "DeleteRestApi", svc.deleteRestAPI, awsapi.Status(202)),
		op(svc, "POST", resourcesPath+"/{ParentId}", "CreateResource", svc.createResource, awsapi.Status(201), awsapi.Require("PathPart")),
		op(svc, "GET", resourcesPath, "GetResources", svc.getResources, inPages, awsapi.InQuery("Embed=embed")),
		op(svc, "GET", resourcePath, "GetResource", svc.getResource, awsapi.InQuery("Embed=embed")),
		op(svc, "PATCH", resourcePath, "UpdateResource", svc.updateResource),
		op(svc, "DELETE", resourcePath, "DeleteResource", svc.deleteResource, awsapi.Status(202)),
		op(svc, "PUT", tagsPath, "TagResource", svc.tagResource, awsapi.Status(204), awsapi.Require("Tags")),
		op(svc, "DELETE", tagsPath, "UntagResource", svc.untagResource, awsapi.Status(204), awsapi.InQuery("TagKeys=tagKeys"), awsapi.Require("TagKeys")),
		op(svc, "GET", tagsPath, "GetTags", svc.getTags, inPages),
	}
}

func (svc *Service) methodOperations() []awsapi.Operation {
	return []awsapi.Operation{
		op(svc, "PUT", methodPath, "PutMethod", svc.putMethod, awsapi.Status(201), awsapi.Require("AuthorizationType")),
		op(svc, "GET", methodPath, "GetMethod", svc.getMethod),
		op(svc, "PATCH", methodPath, "UpdateMethod", svc.updateMethod),
		op(svc, "DELETE", methodPath, "DeleteMethod", svc.deleteMethod, awsapi.Status(204)),
		op(svc, "PUT", methodResponse, "PutMethodResponse", svc.putMethodResponse, awsapi.Status(201)),
		op(svc, "GET", methodResponse, "GetMethodResponse", svc.getMethodResponse),
		op(svc, "PATCH", methodResponse, "UpdateMethodResponse", svc.updateMethodResponse, awsapi.Status(201)),
		op(svc, "DELETE", methodResponse, "DeleteMethodResponse", svc.deleteMethodResponse, awsapi.Status(204)),
		op(svc, "PUT", integrationPath, "PutIntegration", svc.putIntegration, awsapi.Status(201), awsapi.Require("Type")),
		op(svc, "GET", integrationPath, "GetIntegration", svc.getIntegration),
		op(svc, "PATCH", integrationPath, "UpdateIntegration", svc.updateIntegration),
		op(svc, "DELETE", integrationPath, "DeleteIntegration", svc.deleteIntegration, awsapi.Status(204)),
		op(svc, "PUT", integrationReply, "PutIntegrationResponse", svc.putIntegrationResponse, awsapi.Status(201)),
		op(svc, "GET", integrationReply, "GetIntegrationResponse", svc.getIntegrationResponse),
		op(svc, "PATCH", integrationReply, "UpdateIntegrationResponse", svc.updateIntegrationResponse),
		op(svc, "DELETE", integrationReply, "DeleteIntegrationResponse", svc.deleteIntegrationResponse, awsapi.Status(204)),
	}
}

func (svc *Service) stageOperations() []awsapi.Operation {
	return []awsapi.Operation{
		op(svc, "POST", authorizersPath, "CreateAuthorizer", svc.createAuthorizer, awsapi.Status(201), awsapi.Require("Name", "Type")),
		op(svc, "GET", authorizersPath, "GetAuthorizers", svc.getAuthorizers, inPages),
		op(svc, "GET", authorizerPath, "GetAuthorizer", svc.getAuthorizer),
		op(svc, "PATCH", authorizerPath, "UpdateAuthorizer", svc.updateAuthorizer),
		op(svc, "DELETE", authorizerPath, "DeleteAuthorizer", svc.deleteAuthorizer, awsapi.Status(202)),
		op(svc, "POST", authorizerPath, "TestInvokeAuthorizer", svc.testInvokeAuthorizer),
		op(svc, "PUT", gatewayResponsePath, "PutGatewayResponse", svc.putGatewayResponse, awsapi.Status(201)),
		op(svc, "GET", gatewayResponsesPath, "GetGatewayResponses", svc.getGatewayResponses, inPages),
		op(svc, "GET", gatewayResponsePath, "GetGatewayResponse", svc.getGatewayResponse),
		op(svc, "PATCH", gatewayResponsePath, "UpdateGatewayResponse", svc.updateGatewayResponse),
		op(svc, "DELETE", gatewayResponsePath, "DeleteGatewayResponse", svc.deleteGatewayResponse, awsapi.Status(202)),
		op(svc, "POST", deploymentsPath, "CreateDeployment", svc.createDeployment, awsapi.Status(201)),
		op(svc, "GET", deploymentsPath, "GetDeployments", svc.getDeployments, inPages),
		op(svc, "GET", deploymentPath, "GetDeployment", svc.getDeployment, awsapi.InQuery("Embed=embed")),
		op(svc, "PATCH", deploymentPath, "UpdateDeployment", svc.updateDeployment),
		op(svc, "DELETE", deploymentPath, "DeleteDeployment", svc.deleteDeployment, awsapi.Status(202)),
		op(svc, "POST", stagesPath, "CreateStage", svc.createStage, awsapi.Status(201), awsapi.Require("StageName", "DeploymentId")),
		op(svc, "GET", stagesPath, "GetStages", svc.getStages, awsapi.InQuery("DeploymentId=deploymentId")),
		op(svc, "GET", stagePath, "GetStage", svc.getStage),
		op(svc, "PATCH", stagePath, "UpdateStage", svc.updateStage),
		op(svc, "DELETE", stagePath, "DeleteStage", svc.deleteStage, awsapi.Status(202)),
		op(svc, "DELETE", stagePath+"/cache/authorizers", "FlushStageAuthorizersCache", svc.flushAuthorizersCache, awsapi.Status(202)),
	}
}
