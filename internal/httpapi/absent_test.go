package httpapi_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
)

func TestWhatIsNotThereSaysSo(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	a := w.newAPI()
	x := aws.String("x")
	for _, c := range []struct {
		err           error
		code, message string
	}{
		{call(w.client.ImportApi(ctx, &apigatewayv2.ImportApiInput{Body: x})), "BadRequestException", "The operation ImportApi (importing an API) is not supported by Sallyport yet"},
		{call(w.client.ReimportApi(ctx, &apigatewayv2.ReimportApiInput{ApiId: &a.id, Body: x})), "BadRequestException", "The operation ReimportApi"},
		{call(w.client.ExportApi(ctx, &apigatewayv2.ExportApiInput{ApiId: &a.id, OutputType: x, Specification: x})), "BadRequestException", "The operation ExportApi"},
		{call(w.client.CreateModel(ctx, &apigatewayv2.CreateModelInput{ApiId: &a.id, Name: x, Schema: x})), "BadRequestException", "models, which only WebSocket APIs have"},
		{call(w.client.CreateRouteResponse(ctx, &apigatewayv2.CreateRouteResponseInput{ApiId: &a.id, RouteId: x, RouteResponseKey: x})), "BadRequestException", "route responses"},
		{call(w.client.GetIntegrationResponses(ctx, &apigatewayv2.GetIntegrationResponsesInput{ApiId: &a.id, IntegrationId: x})), "BadRequestException", "integration responses"},
		{call(w.client.DeleteRouteRequestParameter(ctx, &apigatewayv2.DeleteRouteRequestParameterInput{ApiId: &a.id, RouteId: x, RequestParameterKey: x})), "BadRequestException", "request parameters of routes"},
		{call(w.client.CreateVpcLink(ctx, &apigatewayv2.CreateVpcLinkInput{Name: x, SubnetIds: []string{"x"}})), "BadRequestException", "The operation CreateVpcLink (VPC links)"},
		{call(w.client.CreateDomainName(ctx, &apigatewayv2.CreateDomainNameInput{DomainName: x})), "BadRequestException", "custom domain names"},
		{call(w.client.GetVpcLink(ctx, &apigatewayv2.GetVpcLinkInput{VpcLinkId: x})), "NotFoundException", "Invalid Vpc Link identifier"},
		{call(w.client.CreateApiMapping(ctx, &apigatewayv2.CreateApiMappingInput{ApiId: &a.id, DomainName: x, Stage: x})), "NotFoundException", "Invalid domain name identifier"},
		{call(w.client.ListRoutingRules(ctx, &apigatewayv2.ListRoutingRulesInput{DomainName: x})), "NotFoundException", "Invalid domain name identifier"},
		{call(w.client.PublishPortal(ctx, &apigatewayv2.PublishPortalInput{PortalId: x})), "NotFoundException", "Invalid portal identifier"},
	} {
		expectError(t, c.err, c.code, c.message)
	}
	links, err := w.client.GetVpcLinks(ctx, &apigatewayv2.GetVpcLinksInput{})
	must(t, err)
	names, err := w.client.GetDomainNames(ctx, &apigatewayv2.GetDomainNamesInput{})
	must(t, err)
	if links.Items == nil || len(links.Items) != 0 || names.Items == nil || len(names.Items) != 0 {
		t.Errorf("%+v %+v", links.Items, names.Items)
	}
}
