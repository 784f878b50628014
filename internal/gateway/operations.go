package gateway

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
)

// Where things are. A label is the Go name of an input member.
const (
	restAPIPath      = "/restapis/{RestApiId}"
	resourcesPath    = restAPIPath + "/resources"
	resourcePath     = resourcesPath + "/{ResourceId}"
	methodPath       = resourcePath + "/methods/{HttpMethod}"
	methodResponse   = methodPath + "/responses/{StatusCode}"
	integrationPath  = methodPath + "/integration"
	integrationReply = integrationPath + "/responses/{StatusCode}"
	authorizersPath  = restAPIPath + "/authorizers"
	authorizerPath   = authorizersPath + "/{AuthorizerId}"
	deploymentsPath  = restAPIPath + "/deployments"
	deploymentPath   = deploymentsPath + "/{DeploymentId}"
	stagesPath       = restAPIPath + "/stages"
	stagePath        = stagesPath + "/{StageName}"
	tagsPath         = "/tags/{ResourceArn}"
)

// API is the control plane: the service apigateway.
func (g *Gateway) API() *awsapi.Service {
	return &awsapi.Service{
		Name:       "apigateway",
		Protocol:   awsapi.REST(awsapi.RESTNames{LowerFirst: true}),
		Operations: slices.Concat(g.apiOperations(), g.methodOperations(), g.stageOperations()),
		Status: map[string]int{
			"BadRequestException": 400, "UnauthorizedException": 401, "NotFoundException": 404,
			"ConflictException": 409, "LimitExceededException": 429, "TooManyRequestsException": 429,
		},
		InvalidInput: "BadRequestException",
	}
}

// op registers an operation. In API Gateway the verb and the path of a call are
// also its action and its resource (apigateway:GET on
// arn:aws:apigateway:{region}::/restapis/{id}), so that all three are said once.
func op[In, Out any](g *Gateway, verb, path, name string, do awsapi.Handler[In, Out], more ...awsapi.Option) awsapi.Operation {
	var labels []string
	for _, label := range pathLabel.FindAllStringSubmatch(path, -1) {
		labels = append(labels, label[1])
	}
	options := append([]awsapi.Option{awsapi.Route(verb, path), awsapi.Require(labels...)}, more...)
	return awsapi.Op(name, awsapi.Action("apigateway:"+verb, arnOf[In](g, path)), do, options...)
}

var pathLabel = regexp.MustCompile(`\{(\w+)\}`)

// arnOf makes the ARN of a path. It is made of the input alone: what exists
// cannot be told from it.
func arnOf[In any](g *Gateway, path string) func(*access.Call, *In) (string, error) {
	for _, label := range pathLabel.FindAllStringSubmatch(path, -1) {
		if f, ok := reflect.TypeFor[In]().FieldByName(label[1]); !ok || f.Type != reflect.TypeFor[*string]() {
			panic(fmt.Sprintf("gateway: %s has no text %s, which %s names", reflect.TypeFor[In](), label[1], path))
		}
	}
	return func(call *access.Call, in *In) (string, error) {
		if err := g.about(call, in); err != nil {
			return "", err
		}
		filled := pathLabel.ReplaceAllStringFunc(path, func(label string) string {
			return text(reflect.ValueOf(in).Elem().FieldByName(label[1 : len(label)-1]).Interface().(*string))
		})
		return "arn:aws:apigateway:" + call.Region + "::" + filled, nil
	}
}

var inPages = awsapi.InQuery("Position=position", "Limit=limit")

func (g *Gateway) apiOperations() []awsapi.Operation {
	return []awsapi.Operation{
		op(g, "GET", "/account", "GetAccount", g.getAccount),
		op(g, "POST", "/restapis", "CreateRestApi", g.createRestAPI, awsapi.Status(201), awsapi.Require("Name")),
		op(g, "GET", "/restapis", "GetRestApis", g.getRestAPIs, inPages),
		op(g, "GET", restAPIPath, "GetRestApi", g.getRestAPI),
		op(g, "PATCH", restAPIPath, "UpdateRestApi", g.updateRestAPI),
		op(g, "DELETE", restAPIPath, "DeleteRestApi", g.deleteRestAPI, awsapi.Status(202)),
		op(g, "POST", resourcesPath+"/{ParentId}", "CreateResource", g.createResource, awsapi.Status(201), awsapi.Require("PathPart")),
		op(g, "GET", resourcesPath, "GetResources", g.getResources, inPages, awsapi.InQuery("Embed=embed")),
		op(g, "GET", resourcePath, "GetResource", g.getResource, awsapi.InQuery("Embed=embed")),
		op(g, "PATCH", resourcePath, "UpdateResource", g.updateResource),
		op(g, "DELETE", resourcePath, "DeleteResource", g.deleteResource, awsapi.Status(202)),
		op(g, "PUT", tagsPath, "TagResource", g.tagResource, awsapi.Status(204), awsapi.Require("Tags")),
		op(g, "DELETE", tagsPath, "UntagResource", g.untagResource, awsapi.Status(204), awsapi.InQuery("TagKeys=tagKeys"), awsapi.Require("TagKeys")),
		op(g, "GET", tagsPath, "GetTags", g.getTags, inPages),
	}
}

func (g *Gateway) methodOperations() []awsapi.Operation {
	return []awsapi.Operation{
		op(g, "PUT", methodPath, "PutMethod", g.putMethod, awsapi.Status(201), awsapi.Require("AuthorizationType")),
		op(g, "GET", methodPath, "GetMethod", g.getMethod),
		op(g, "PATCH", methodPath, "UpdateMethod", g.updateMethod),
		op(g, "DELETE", methodPath, "DeleteMethod", g.deleteMethod, awsapi.Status(204)),
		op(g, "PUT", methodResponse, "PutMethodResponse", g.putMethodResponse, awsapi.Status(201)),
		op(g, "GET", methodResponse, "GetMethodResponse", g.getMethodResponse),
		op(g, "DELETE", methodResponse, "DeleteMethodResponse", g.deleteMethodResponse, awsapi.Status(204)),
		op(g, "PUT", integrationPath, "PutIntegration", g.putIntegration, awsapi.Status(201), awsapi.Require("Type")),
		op(g, "GET", integrationPath, "GetIntegration", g.getIntegration),
		op(g, "PATCH", integrationPath, "UpdateIntegration", g.updateIntegration),
		op(g, "DELETE", integrationPath, "DeleteIntegration", g.deleteIntegration, awsapi.Status(204)),
		op(g, "PUT", integrationReply, "PutIntegrationResponse", g.putIntegrationResponse, awsapi.Status(201)),
		op(g, "GET", integrationReply, "GetIntegrationResponse", g.getIntegrationResponse),
		op(g, "DELETE", integrationReply, "DeleteIntegrationResponse", g.deleteIntegrationResponse, awsapi.Status(204)),
	}
}

func (g *Gateway) stageOperations() []awsapi.Operation {
	return []awsapi.Operation{
		op(g, "POST", authorizersPath, "CreateAuthorizer", g.createAuthorizer, awsapi.Status(201), awsapi.Require("Name", "Type")),
		op(g, "GET", authorizersPath, "GetAuthorizers", g.getAuthorizers, inPages),
		op(g, "GET", authorizerPath, "GetAuthorizer", g.getAuthorizer),
		op(g, "PATCH", authorizerPath, "UpdateAuthorizer", g.updateAuthorizer),
		op(g, "DELETE", authorizerPath, "DeleteAuthorizer", g.deleteAuthorizer, awsapi.Status(202)),
		op(g, "POST", authorizerPath, "TestInvokeAuthorizer", g.testInvokeAuthorizer),
		op(g, "POST", deploymentsPath, "CreateDeployment", g.createDeployment, awsapi.Status(201)),
		op(g, "GET", deploymentsPath, "GetDeployments", g.getDeployments, inPages),
		op(g, "GET", deploymentPath, "GetDeployment", g.getDeployment, awsapi.InQuery("Embed=embed")),
		op(g, "PATCH", deploymentPath, "UpdateDeployment", g.updateDeployment),
		op(g, "DELETE", deploymentPath, "DeleteDeployment", g.deleteDeployment, awsapi.Status(202)),
		op(g, "POST", stagesPath, "CreateStage", g.createStage, awsapi.Status(201), awsapi.Require("StageName", "DeploymentId")),
		op(g, "GET", stagesPath, "GetStages", g.getStages, awsapi.InQuery("DeploymentId=deploymentId")),
		op(g, "GET", stagePath, "GetStage", g.getStage),
		op(g, "PATCH", stagePath, "UpdateStage", g.updateStage),
		op(g, "DELETE", stagePath, "DeleteStage", g.deleteStage, awsapi.Status(202)),
		op(g, "DELETE", stagePath+"/cache/authorizers", "FlushStageAuthorizersCache", g.flushAuthorizersCache, awsapi.Status(202)),
	}
}
