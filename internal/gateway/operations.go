package gateway

import (
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/apigateway"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
)

// on finds what an operation is asked about: the path below the service's ARN,
// made of the input alone, so that it tells nothing of what exists.
func on[In any](path func(in *In) []*string) func(*access.Call, *In) (string, error) {
	return func(call *access.Call, in *In) (string, error) {
		var arn strings.Builder
		arn.WriteString("arn:aws:apigateway:" + call.Region + "::")
		for _, part := range path(in) {
			arn.WriteString("/" + text(part))
		}
		return arn.String(), nil
	}
}

// The fixed parts of paths.
var (
	atRestAPIs       = ptr("restapis")
	atResources      = ptr("resources")
	atMethods        = ptr("methods")
	atIntegration    = ptr("integration")
	atResponses      = ptr("responses")
	atAuthorizers    = ptr("authorizers")
	atDeployments    = ptr("deployments")
	atStages         = ptr("stages")
	atCache          = ptr("cache")
	atTags           = ptr("tags")
	atAccount        = ptr("account")
	restAPIPath      = "/restapis/{RestApiId}"
	resourcePath     = restAPIPath + "/resources/{ResourceId}"
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
)

func ptr(s string) *string { return &s }

// API is the control plane: the service apigateway.
func (g *Gateway) API() *awsapi.Service {
	return &awsapi.Service{
		Name:       "apigateway",
		Protocol:   awsapi.REST(awsapi.RESTNames{LowerFirst: true}),
		Operations: join3(g.apiOperations(), g.methodOperations(), g.stageOperations()),
		Status: map[string]int{
			"BadRequestException": 400, "UnauthorizedException": 401, "NotFoundException": 404,
			"ConflictException": 409, "LimitExceededException": 429, "TooManyRequestsException": 429,
		},
		InvalidInput: "BadRequestException",
	}
}

func join3(a, b, c []awsapi.Operation) []awsapi.Operation { return append(append(a, b...), c...) }

const (
	get    = "apigateway:GET"
	post   = "apigateway:POST"
	put    = "apigateway:PUT"
	update = "apigateway:PATCH"
	remove = "apigateway:DELETE"
)

var inPages = awsapi.InQuery("Position=position", "Limit=limit")

func (g *Gateway) apiOperations() []awsapi.Operation {
	return []awsapi.Operation{
		awsapi.Op("GetAccount", awsapi.Action(get, on(func(*apigateway.GetAccountInput) []*string {
			return []*string{atAccount}
		})), g.getAccount, awsapi.Route("GET", "/account")),

		awsapi.Op("CreateRestApi", awsapi.Action(post, on(func(*apigateway.CreateRestApiInput) []*string {
			return []*string{atRestAPIs}
		})), g.createRestAPI, awsapi.Route("POST", "/restapis"), awsapi.Status(201), awsapi.Require("Name")),
		awsapi.Op("GetRestApis", awsapi.Action(get, on(func(*apigateway.GetRestApisInput) []*string {
			return []*string{atRestAPIs}
		})), g.getRestAPIs, awsapi.Route("GET", "/restapis"), inPages),
		awsapi.Op("GetRestApi", awsapi.Action(get, on(func(in *apigateway.GetRestApiInput) []*string {
			return []*string{atRestAPIs, in.RestApiId}
		})), g.getRestAPI, awsapi.Route("GET", restAPIPath)),
		awsapi.Op("UpdateRestApi", awsapi.Action(update, on(func(in *apigateway.UpdateRestApiInput) []*string {
			return []*string{atRestAPIs, in.RestApiId}
		})), g.updateRestAPI, awsapi.Route("PATCH", restAPIPath)),
		awsapi.Op("DeleteRestApi", awsapi.Action(remove, on(func(in *apigateway.DeleteRestApiInput) []*string {
			return []*string{atRestAPIs, in.RestApiId}
		})), g.deleteRestAPI, awsapi.Route("DELETE", restAPIPath), awsapi.Status(202)),

		awsapi.Op("CreateResource", awsapi.Action(post, on(func(in *apigateway.CreateResourceInput) []*string {
			return []*string{atRestAPIs, in.RestApiId, atResources, in.ParentId}
		})), g.createResource, awsapi.Route("POST", restAPIPath+"/resources/{ParentId}"), awsapi.Status(201), awsapi.Require("PathPart")),
		awsapi.Op("GetResources", awsapi.Action(get, on(func(in *apigateway.GetResourcesInput) []*string {
			return []*string{atRestAPIs, in.RestApiId, atResources}
		})), g.getResources, awsapi.Route("GET", restAPIPath+"/resources"), inPages, awsapi.InQuery("Embed=embed")),
		awsapi.Op("GetResource", awsapi.Action(get, on(func(in *apigateway.GetResourceInput) []*string {
			return []*string{atRestAPIs, in.RestApiId, atResources, in.ResourceId}
		})), g.getResource, awsapi.Route("GET", resourcePath), awsapi.InQuery("Embed=embed")),
		awsapi.Op("UpdateResource", awsapi.Action(update, on(func(in *apigateway.UpdateResourceInput) []*string {
			return []*string{atRestAPIs, in.RestApiId, atResources, in.ResourceId}
		})), g.updateResource, awsapi.Route("PATCH", resourcePath)),
		awsapi.Op("DeleteResource", awsapi.Action(remove, on(func(in *apigateway.DeleteResourceInput) []*string {
			return []*string{atRestAPIs, in.RestApiId, atResources, in.ResourceId}
		})), g.deleteResource, awsapi.Route("DELETE", resourcePath), awsapi.Status(202)),

		awsapi.Op("TagResource", awsapi.Action(put, on(func(in *apigateway.TagResourceInput) []*string {
			return []*string{atTags, in.ResourceArn}
		})), g.tagResource, awsapi.Route("PUT", "/tags/{ResourceArn}"), awsapi.Status(204), awsapi.Require("Tags")),
		awsapi.Op("UntagResource", awsapi.Action(remove, on(func(in *apigateway.UntagResourceInput) []*string {
			return []*string{atTags, in.ResourceArn}
		})), g.untagResource, awsapi.Route("DELETE", "/tags/{ResourceArn}"), awsapi.Status(204), awsapi.InQuery("TagKeys=tagKeys"), awsapi.Require("TagKeys")),
		awsapi.Op("GetTags", awsapi.Action(get, on(func(in *apigateway.GetTagsInput) []*string {
			return []*string{atTags, in.ResourceArn}
		})), g.getTags, awsapi.Route("GET", "/tags/{ResourceArn}"), inPages),
	}
}

func (g *Gateway) methodOperations() []awsapi.Operation {
	method := func(api, resource, verb *string, below ...*string) []*string {
		return append([]*string{atRestAPIs, api, atResources, resource, atMethods, verb}, below...)
	}
	return []awsapi.Operation{
		awsapi.Op("PutMethod", awsapi.Action(put, on(func(in *apigateway.PutMethodInput) []*string {
			return method(in.RestApiId, in.ResourceId, in.HttpMethod)
		})), g.putMethod, awsapi.Route("PUT", methodPath), awsapi.Status(201), awsapi.Require("AuthorizationType")),
		awsapi.Op("GetMethod", awsapi.Action(get, on(func(in *apigateway.GetMethodInput) []*string {
			return method(in.RestApiId, in.ResourceId, in.HttpMethod)
		})), g.getMethod, awsapi.Route("GET", methodPath)),
		awsapi.Op("UpdateMethod", awsapi.Action(update, on(func(in *apigateway.UpdateMethodInput) []*string {
			return method(in.RestApiId, in.ResourceId, in.HttpMethod)
		})), g.updateMethod, awsapi.Route("PATCH", methodPath)),
		awsapi.Op("DeleteMethod", awsapi.Action(remove, on(func(in *apigateway.DeleteMethodInput) []*string {
			return method(in.RestApiId, in.ResourceId, in.HttpMethod)
		})), g.deleteMethod, awsapi.Route("DELETE", methodPath), awsapi.Status(204)),

		awsapi.Op("PutMethodResponse", awsapi.Action(put, on(func(in *apigateway.PutMethodResponseInput) []*string {
			return method(in.RestApiId, in.ResourceId, in.HttpMethod, atResponses, in.StatusCode)
		})), g.putMethodResponse, awsapi.Route("PUT", methodResponse), awsapi.Status(201)),
		awsapi.Op("GetMethodResponse", awsapi.Action(get, on(func(in *apigateway.GetMethodResponseInput) []*string {
			return method(in.RestApiId, in.ResourceId, in.HttpMethod, atResponses, in.StatusCode)
		})), g.getMethodResponse, awsapi.Route("GET", methodResponse)),
		awsapi.Op("DeleteMethodResponse", awsapi.Action(remove, on(func(in *apigateway.DeleteMethodResponseInput) []*string {
			return method(in.RestApiId, in.ResourceId, in.HttpMethod, atResponses, in.StatusCode)
		})), g.deleteMethodResponse, awsapi.Route("DELETE", methodResponse), awsapi.Status(204)),

		awsapi.Op("PutIntegration", awsapi.Action(put, on(func(in *apigateway.PutIntegrationInput) []*string {
			return method(in.RestApiId, in.ResourceId, in.HttpMethod, atIntegration)
		})), g.putIntegration, awsapi.Route("PUT", integrationPath), awsapi.Status(201), awsapi.Require("Type")),
		awsapi.Op("GetIntegration", awsapi.Action(get, on(func(in *apigateway.GetIntegrationInput) []*string {
			return method(in.RestApiId, in.ResourceId, in.HttpMethod, atIntegration)
		})), g.getIntegration, awsapi.Route("GET", integrationPath)),
		awsapi.Op("UpdateIntegration", awsapi.Action(update, on(func(in *apigateway.UpdateIntegrationInput) []*string {
			return method(in.RestApiId, in.ResourceId, in.HttpMethod, atIntegration)
		})), g.updateIntegration, awsapi.Route("PATCH", integrationPath)),
		awsapi.Op("DeleteIntegration", awsapi.Action(remove, on(func(in *apigateway.DeleteIntegrationInput) []*string {
			return method(in.RestApiId, in.ResourceId, in.HttpMethod, atIntegration)
		})), g.deleteIntegration, awsapi.Route("DELETE", integrationPath), awsapi.Status(204)),

		awsapi.Op("PutIntegrationResponse", awsapi.Action(put, on(func(in *apigateway.PutIntegrationResponseInput) []*string {
			return method(in.RestApiId, in.ResourceId, in.HttpMethod, atIntegration, atResponses, in.StatusCode)
		})), g.putIntegrationResponse, awsapi.Route("PUT", integrationReply), awsapi.Status(201)),
		awsapi.Op("GetIntegrationResponse", awsapi.Action(get, on(func(in *apigateway.GetIntegrationResponseInput) []*string {
			return method(in.RestApiId, in.ResourceId, in.HttpMethod, atIntegration, atResponses, in.StatusCode)
		})), g.getIntegrationResponse, awsapi.Route("GET", integrationReply)),
		awsapi.Op("DeleteIntegrationResponse", awsapi.Action(remove, on(func(in *apigateway.DeleteIntegrationResponseInput) []*string {
			return method(in.RestApiId, in.ResourceId, in.HttpMethod, atIntegration, atResponses, in.StatusCode)
		})), g.deleteIntegrationResponse, awsapi.Route("DELETE", integrationReply), awsapi.Status(204)),
	}
}

func (g *Gateway) stageOperations() []awsapi.Operation {
	api := func(id *string, below ...*string) []*string {
		return append([]*string{atRestAPIs, id}, below...)
	}
	return []awsapi.Operation{
		awsapi.Op("CreateAuthorizer", awsapi.Action(post, on(func(in *apigateway.CreateAuthorizerInput) []*string {
			return api(in.RestApiId, atAuthorizers)
		})), g.createAuthorizer, awsapi.Route("POST", authorizersPath), awsapi.Status(201), awsapi.Require("Name", "Type")),
		awsapi.Op("GetAuthorizers", awsapi.Action(get, on(func(in *apigateway.GetAuthorizersInput) []*string {
			return api(in.RestApiId, atAuthorizers)
		})), g.getAuthorizers, awsapi.Route("GET", authorizersPath), inPages),
		awsapi.Op("GetAuthorizer", awsapi.Action(get, on(func(in *apigateway.GetAuthorizerInput) []*string {
			return api(in.RestApiId, atAuthorizers, in.AuthorizerId)
		})), g.getAuthorizer, awsapi.Route("GET", authorizerPath)),
		awsapi.Op("UpdateAuthorizer", awsapi.Action(update, on(func(in *apigateway.UpdateAuthorizerInput) []*string {
			return api(in.RestApiId, atAuthorizers, in.AuthorizerId)
		})), g.updateAuthorizer, awsapi.Route("PATCH", authorizerPath)),
		awsapi.Op("DeleteAuthorizer", awsapi.Action(remove, on(func(in *apigateway.DeleteAuthorizerInput) []*string {
			return api(in.RestApiId, atAuthorizers, in.AuthorizerId)
		})), g.deleteAuthorizer, awsapi.Route("DELETE", authorizerPath), awsapi.Status(202)),
		awsapi.Op("TestInvokeAuthorizer", awsapi.Action(post, on(func(in *apigateway.TestInvokeAuthorizerInput) []*string {
			return api(in.RestApiId, atAuthorizers, in.AuthorizerId)
		})), g.testInvokeAuthorizer, awsapi.Route("POST", authorizerPath)),

		awsapi.Op("CreateDeployment", awsapi.Action(post, on(func(in *apigateway.CreateDeploymentInput) []*string {
			return api(in.RestApiId, atDeployments)
		})), g.createDeployment, awsapi.Route("POST", deploymentsPath), awsapi.Status(201)),
		awsapi.Op("GetDeployments", awsapi.Action(get, on(func(in *apigateway.GetDeploymentsInput) []*string {
			return api(in.RestApiId, atDeployments)
		})), g.getDeployments, awsapi.Route("GET", deploymentsPath), inPages),
		awsapi.Op("GetDeployment", awsapi.Action(get, on(func(in *apigateway.GetDeploymentInput) []*string {
			return api(in.RestApiId, atDeployments, in.DeploymentId)
		})), g.getDeployment, awsapi.Route("GET", deploymentPath), awsapi.InQuery("Embed=embed")),
		awsapi.Op("UpdateDeployment", awsapi.Action(update, on(func(in *apigateway.UpdateDeploymentInput) []*string {
			return api(in.RestApiId, atDeployments, in.DeploymentId)
		})), g.updateDeployment, awsapi.Route("PATCH", deploymentPath)),
		awsapi.Op("DeleteDeployment", awsapi.Action(remove, on(func(in *apigateway.DeleteDeploymentInput) []*string {
			return api(in.RestApiId, atDeployments, in.DeploymentId)
		})), g.deleteDeployment, awsapi.Route("DELETE", deploymentPath), awsapi.Status(202)),

		awsapi.Op("CreateStage", awsapi.Action(post, on(func(in *apigateway.CreateStageInput) []*string {
			return api(in.RestApiId, atStages)
		})), g.createStage, awsapi.Route("POST", stagesPath), awsapi.Status(201), awsapi.Require("StageName", "DeploymentId")),
		awsapi.Op("GetStages", awsapi.Action(get, on(func(in *apigateway.GetStagesInput) []*string {
			return api(in.RestApiId, atStages)
		})), g.getStages, awsapi.Route("GET", stagesPath), awsapi.InQuery("DeploymentId=deploymentId")),
		awsapi.Op("GetStage", awsapi.Action(get, on(func(in *apigateway.GetStageInput) []*string {
			return api(in.RestApiId, atStages, in.StageName)
		})), g.getStage, awsapi.Route("GET", stagePath)),
		awsapi.Op("UpdateStage", awsapi.Action(update, on(func(in *apigateway.UpdateStageInput) []*string {
			return api(in.RestApiId, atStages, in.StageName)
		})), g.updateStage, awsapi.Route("PATCH", stagePath)),
		awsapi.Op("DeleteStage", awsapi.Action(remove, on(func(in *apigateway.DeleteStageInput) []*string {
			return api(in.RestApiId, atStages, in.StageName)
		})), g.deleteStage, awsapi.Route("DELETE", stagePath), awsapi.Status(202)),
		awsapi.Op("FlushStageAuthorizersCache", awsapi.Action(remove, on(func(in *apigateway.FlushStageAuthorizersCacheInput) []*string {
			return api(in.RestApiId, atStages, in.StageName, atCache, atAuthorizers)
		})), g.flushAuthorizersCache, awsapi.Route("DELETE", stagePath+"/cache/authorizers"), awsapi.Status(202)),
	}
}
