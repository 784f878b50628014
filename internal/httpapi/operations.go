package httpapi

import (
	"context"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/awsapi"
)

// Where things are. A label is the Go name of an input member.
const (
	version          = "/v2" // stands in paths, but not in ARNs
	apisPath         = version + "/apis"
	apiPath          = apisPath + "/{ApiId}"
	routesPath       = apiPath + "/routes"
	routePath        = routesPath + "/{RouteId}"
	integrationsPath = apiPath + "/integrations"
	integrationPath  = integrationsPath + "/{IntegrationId}"
	authorizersPath  = apiPath + "/authorizers"
	authorizerPath   = authorizersPath + "/{AuthorizerId}"
	deploymentsPath  = apiPath + "/deployments"
	deploymentPath   = deploymentsPath + "/{DeploymentId}"
	stagesPath       = apiPath + "/stages"
	stagePath        = stagesPath + "/{StageName}"
	tagsPath         = version + "/tags/{ResourceArn}"
)

// API is the control plane: the service apigatewayv2, whose calls are signed for
// apigateway, as those of REST APIs are.
func (svc *Service) API() *awsapi.Service {
	return &awsapi.Service{
		Name:     "apigatewayv2",
		SignedAs: "apigateway",
		Protocol: awsapi.REST(awsapi.RESTNames{LowerFirst: true, ISOTime: true}),
		Operations: slices.Concat(svc.apiOperations(), svc.routeOperations(), svc.stageOperations(),
			svc.webSocketOperations(), svc.domainOperations(), svc.portalOperations()),
		Status: map[string]int{
			"BadRequestException": 400, "AccessDeniedException": 403, "NotFoundException": 404,
			"ConflictException": 409, "TooManyRequestsException": 429,
		},
		InvalidInput: "BadRequestException",
	}
}

// op registers an operation. In API Gateway the verb and the path of a call are
// also its action and its resource (apigateway:GET on
// arn:aws:apigateway:{region}::/apis/{id}), so that all three are said once.
func op[In, Out any](svc *Service, verb, path, name string, do awsapi.Handler[In, Out], more ...awsapi.Option) awsapi.Operation {
	var labels []string
	for _, label := range pathLabel.FindAllStringSubmatch(path, -1) {
		labels = append(labels, label[1])
	}
	options := append([]awsapi.Option{awsapi.Route(verb, path), awsapi.Require(labels...), awsapi.Status(statusOf[verb])}, more...)
	answering := func(ctx context.Context, call *access.Call, in *In) (*Out, error) {
		out, err := do(ctx, call, in)
		return out, inOurWords(err)
	}
	return awsapi.Op(name, awsapi.Action("apigateway:"+verb, arnOf[In](svc, path)), answering, options...)
}

// statusOf is the status of success.
var statusOf = map[string]int{"POST": 201, "GET": 200, "PATCH": 200, "PUT": 201, "DELETE": 204}

var pathLabel = regexp.MustCompile(`\{(\w+)\}`)

// arnOf makes the ARN of a path. It is made of the input alone: what exists
// cannot be told from it.
func arnOf[In any](svc *Service, path string) func(*access.Call, *In) (string, error) {
	for _, label := range pathLabel.FindAllStringSubmatch(path, -1) {
		if f, ok := reflect.TypeFor[In]().FieldByName(label[1]); !ok || f.Type != reflect.TypeFor[*string]() {
			panic(fmt.Sprintf("httpapi: %s has no text %s, which %s names", reflect.TypeFor[In](), label[1], path))
		}
	}
	resource, _, _ := strings.Cut(strings.TrimPrefix(path, version), "?")
	return func(call *access.Call, in *In) (string, error) {
		if err := svc.about(call, in); err != nil {
			return "", err
		}
		return "arn:aws:apigateway:" + call.Region + "::" + pathLabel.ReplaceAllStringFunc(resource, func(label string) string {
			return member(in, label[1:len(label)-1])
		}), nil
	}
}

// member is a text member of an input; "" where there is none.
func member(in any, name string) string {
	f := reflect.ValueOf(in).Elem().FieldByName(name)
	if !f.IsValid() || f.Type() != reflect.TypeFor[*string]() {
		return ""
	}
	return text(f.Interface().(*string))
}

var inPages = awsapi.InQuery("NextToken=nextToken", "MaxResults=maxResults")

func (svc *Service) apiOperations() []awsapi.Operation {
	return []awsapi.Operation{
		op(svc, "POST", apisPath, "CreateApi", svc.createAPI, awsapi.Require("Name", "ProtocolType")),
		op(svc, "GET", apisPath, "GetApis", svc.getAPIs, inPages),
		op(svc, "GET", apiPath, "GetApi", svc.getAPI),
		op(svc, "PATCH", apiPath, "UpdateApi", svc.updateAPI),
		op(svc, "DELETE", apiPath, "DeleteApi", svc.deleteAPI),
		op(svc, "DELETE", apiPath+"/cors", "DeleteCorsConfiguration", svc.deleteCORS),
		op(svc, "POST", tagsPath, "TagResource", svc.tagResource),
		op(svc, "DELETE", tagsPath, "UntagResource", svc.untagResource, awsapi.InQuery("TagKeys=tagKeys"), awsapi.Require("TagKeys")),
		op(svc, "GET", tagsPath, "GetTags", svc.getTags),
	}
}

func (svc *Service) routeOperations() []awsapi.Operation {
	return []awsapi.Operation{
		op(svc, "POST", routesPath, "CreateRoute", svc.createRoute, awsapi.Require("RouteKey")),
		op(svc, "GET", routesPath, "GetRoutes", svc.getRoutes, inPages),
		op(svc, "GET", routePath, "GetRoute", svc.getRoute),
		op(svc, "PATCH", routePath, "UpdateRoute", svc.updateRoute),
		op(svc, "DELETE", routePath, "DeleteRoute", svc.deleteRoute),
		op(svc, "POST", integrationsPath, "CreateIntegration", svc.createIntegration, awsapi.Require("IntegrationType")),
		op(svc, "GET", integrationsPath, "GetIntegrations", svc.getIntegrations, inPages),
		op(svc, "GET", integrationPath, "GetIntegration", svc.getIntegration),
		op(svc, "PATCH", integrationPath, "UpdateIntegration", svc.updateIntegration),
		op(svc, "DELETE", integrationPath, "DeleteIntegration", svc.deleteIntegration),
		op(svc, "POST", authorizersPath, "CreateAuthorizer", svc.createAuthorizer, awsapi.Require("AuthorizerType", "IdentitySource", "Name")),
		op(svc, "GET", authorizersPath, "GetAuthorizers", svc.getAuthorizers, inPages),
		op(svc, "GET", authorizerPath, "GetAuthorizer", svc.getAuthorizer),
		op(svc, "PATCH", authorizerPath, "UpdateAuthorizer", svc.updateAuthorizer),
		op(svc, "DELETE", authorizerPath, "DeleteAuthorizer", svc.deleteAuthorizer),
	}
}

func (svc *Service) stageOperations() []awsapi.Operation {
	return []awsapi.Operation{
		op(svc, "POST", deploymentsPath, "CreateDeployment", svc.createDeployment),
		op(svc, "GET", deploymentsPath, "GetDeployments", svc.getDeployments, inPages),
		op(svc, "GET", deploymentPath, "GetDeployment", svc.getDeployment),
		op(svc, "PATCH", deploymentPath, "UpdateDeployment", svc.updateDeployment),
		op(svc, "DELETE", deploymentPath, "DeleteDeployment", svc.deleteDeployment),
		op(svc, "POST", stagesPath, "CreateStage", svc.createStage, awsapi.Require("StageName")),
		op(svc, "GET", stagesPath, "GetStages", svc.getStages, inPages),
		op(svc, "GET", stagePath, "GetStage", svc.getStage),
		op(svc, "PATCH", stagePath, "UpdateStage", svc.updateStage),
		op(svc, "DELETE", stagePath, "DeleteStage", svc.deleteStage),
		op(svc, "DELETE", stagePath+"/routesettings/{RouteKey}", "DeleteRouteSettings", svc.deleteRouteSettings),
		op(svc, "DELETE", stagePath+"/accesslogsettings", "DeleteAccessLogSettings", svc.deleteAccessLogSettings),
		op(svc, "DELETE", stagePath+"/cache/authorizers", "ResetAuthorizersCache", svc.resetAuthorizersCache),
	}
}
