package httpapi_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"github.com/sallyport/sallyport/internal/access"
)

func TestAnAPIFromItsMakingToItsEnd(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	made, err := w.client.CreateApi(ctx, &apigatewayv2.CreateApiInput{
		Name: aws.String("pizza"), ProtocolType: types.ProtocolTypeHttp, Description: aws.String("for eaters"), Version: aws.String("v1"),
		DisableExecuteApiEndpoint: aws.Bool(true), Tags: map[string]string{"team": "oven"},
		// What clients send who have nothing to say.
		RouteSelectionExpression: aws.String("$request.method $request.path"), ApiKeySelectionExpression: aws.String("$request.header.x-api-key"),
		CorsConfiguration: &types.Cors{AllowOrigins: []string{"https://pizza.example"}, AllowCredentials: aws.Bool(true), MaxAge: aws.Int32(600)},
	})
	must(t, err)
	if want := "http://" + *made.ApiId + ".execute-api.eu-west-1.localhost:4566"; *made.ApiEndpoint != want {
		t.Errorf("endpoint %s, want %s", *made.ApiEndpoint, want)
	}
	got, err := w.client.GetApi(ctx, &apigatewayv2.GetApiInput{ApiId: made.ApiId})
	must(t, err)
	if *got.Name != "pizza" || *got.Description != "for eaters" || *got.Version != "v1" || !*got.DisableExecuteApiEndpoint || got.Tags["team"] != "oven" ||
		got.ProtocolType != types.ProtocolTypeHttp || *got.CorsConfiguration.MaxAge != 600 || !*got.CorsConfiguration.AllowCredentials ||
		got.CreatedDate == nil || *got.ApiEndpoint != *made.ApiEndpoint || got.IpAddressType != types.IpAddressTypeIpv4 {
		t.Errorf("%+v", got)
	}
	changed, err := w.client.UpdateApi(ctx, &apigatewayv2.UpdateApiInput{ApiId: made.ApiId, Name: aws.String("pasta"), DisableExecuteApiEndpoint: aws.Bool(false)})
	must(t, err)
	if *changed.Name != "pasta" || *changed.DisableExecuteApiEndpoint || *changed.Description != "for eaters" || changed.CorsConfiguration == nil {
		t.Errorf("%+v", changed)
	}
	_, err = w.client.DeleteCorsConfiguration(ctx, &apigatewayv2.DeleteCorsConfigurationInput{ApiId: made.ApiId})
	must(t, err)
	list, err := w.client.GetApis(ctx, &apigatewayv2.GetApisInput{})
	must(t, err)
	if len(list.Items) != 1 || list.Items[0].CorsConfiguration != nil || list.NextToken != nil {
		t.Errorf("%+v", list.Items)
	}
	_, err = w.client.DeleteApi(ctx, &apigatewayv2.DeleteApiInput{ApiId: made.ApiId})
	must(t, err)
	_, err = w.client.GetApi(ctx, &apigatewayv2.GetApiInput{ApiId: made.ApiId})
	expectError(t, err, "NotFoundException", "Invalid API identifier specified 000000000000:"+*made.ApiId)
}

func TestTheEndpointCanBeUsedAsItStands(t *testing.T) {
	for url, want := range map[string]string{
		"http://127.0.0.1:4566":         "http://{id}.execute-api.eu-west-1.localhost:4566",
		"http://localhost:80":           "http://{id}.execute-api.eu-west-1.localhost:80",
		"https://localhost":             "https://{id}.execute-api.eu-west-1.localhost",
		"http://[::1]:4566/":            "http://{id}.execute-api.eu-west-1.localhost:4566",
		"https://auth.example.com":      "https://auth.example.com/_aws/execute-api/{id}",
		"https://auth.example.com:8443": "https://auth.example.com:8443/_aws/execute-api/{id}",
	} {
		w := newWorld(t, url)
		made, err := w.client.CreateApi(t.Context(), &apigatewayv2.CreateApiInput{Name: aws.String("pizza"), ProtocolType: types.ProtocolTypeHttp})
		must(t, err)
		if want = strings.ReplaceAll(want, "{id}", *made.ApiId); *made.ApiEndpoint != want {
			t.Errorf("%s: %s, want %s", url, *made.ApiEndpoint, want)
		}
	}
}

func TestAPIsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	cors := func(c types.Cors) func(*apigatewayv2.CreateApiInput) {
		return func(in *apigatewayv2.CreateApiInput) { in.CorsConfiguration = &c }
	}
	for name, c := range map[string]struct {
		change  func(*apigatewayv2.CreateApiInput)
		message string
	}{
		"WebSocket":          {func(in *apigatewayv2.CreateApiInput) { in.ProtocolType = "WEBSOCKET" }, "The protocol type WEBSOCKET is not supported"},
		"no such protocol":   {func(in *apigatewayv2.CreateApiInput) { in.ProtocolType = "GRPC" }, "Must be one of [HTTP, WEBSOCKET]"},
		"no name":            {func(in *apigatewayv2.CreateApiInput) { in.Name = aws.String("") }, "name cannot be null or empty"},
		"a long name":        {func(in *apigatewayv2.CreateApiInput) { in.Name = aws.String(strings.Repeat("x", 129)) }, "at most 128"},
		"a long description": {func(in *apigatewayv2.CreateApiInput) { in.Description = aws.String(strings.Repeat("x", 1025)) }, "at most 1024"},
		"dual stack":         {func(in *apigatewayv2.CreateApiInput) { in.IpAddressType = types.IpAddressTypeDualstack }, "dualstack is not supported"},
		"a route selection": {func(in *apigatewayv2.CreateApiInput) {
			in.RouteSelectionExpression = aws.String("$request.body.action")
		}, "route selection"},
		"schema validation": {func(in *apigatewayv2.CreateApiInput) { in.DisableSchemaValidation = aws.Bool(true) }, "only for WebSocket APIs"},
		"another key selection": {func(in *apigatewayv2.CreateApiInput) {
			in.ApiKeySelectionExpression = aws.String("$context.authorizer.x")
		}, "only for WebSocket APIs"},
		"a reserved tag":           {func(in *apigatewayv2.CreateApiInput) { in.Tags = map[string]string{"aws:x": "y"} }, "reserved"},
		"a route without a target": {func(in *apigatewayv2.CreateApiInput) { in.RouteKey = aws.String("GET /") }, "together with a target"},
		"credentials to all":       {cors(types.Cors{AllowOrigins: []string{"*"}, AllowCredentials: aws.Bool(true)}), "allow-credentials is not supported if 'allow-origin' is *"},
		"too long an age":          {cors(types.Cors{MaxAge: aws.Int32(86401)}), "between -1 and 86400"},
		"too short an age":         {cors(types.Cors{MaxAge: aws.Int32(-2)}), "between -1 and 86400"},
		"an origin with a path":    {cors(types.Cors{AllowOrigins: []string{"https://a.example/"}}), "Invalid format for origin https://a.example/"},
		"an origin without scheme": {cors(types.Cors{AllowOrigins: []string{"a.example"}}), "Invalid format for origin"},
		"an origin of a wildcard":  {cors(types.Cors{AllowOrigins: []string{"https://*.a.example"}}), "Invalid format for origin"},
		"two origins in one":       {cors(types.Cors{AllowOrigins: []string{"https://a.example,https://b.example"}}), "Invalid format for origin"},
		"a header of two lines":    {cors(types.Cors{ExposeHeaders: []string{"x\r\ny"}}), "the header"},
		"a method with a blank":    {cors(types.Cors{AllowMethods: []string{"GET, POST"}}), "the method"},
	} {
		t.Run(name, func(t *testing.T) {
			in := &apigatewayv2.CreateApiInput{Name: aws.String("pizza"), ProtocolType: types.ProtocolTypeHttp}
			c.change(in)
			_, err := w.client.CreateApi(t.Context(), in)
			expectError(t, err, "BadRequestException", c.message)
		})
	}
	if list, err := w.client.GetApis(t.Context(), &apigatewayv2.GetApisInput{}); err != nil || len(list.Items) != 0 {
		t.Errorf("left behind: %v, %v", list, err)
	}
	for _, good := range []types.Cors{
		{AllowOrigins: []string{"*"}, AllowMethods: []string{"*"}, AllowHeaders: []string{"*"}, ExposeHeaders: []string{"*"}, MaxAge: aws.Int32(-1)},
		{AllowOrigins: []string{"http://*", "https://*", "http://localhost:3000", "capacitor://localhost"}, MaxAge: aws.Int32(86400), AllowCredentials: aws.Bool(true)},
	} {
		w.newAPI(cors(good))
	}
}

// An id of the one kind of API is none of the other's, nor of another region's.
func TestAPIsOfOneKindAreUnknownToTheOther(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	a := w.newAPI()
	rest, err := w.rest.CreateRestApi(ctx, &apigateway.CreateRestApiInput{Name: aws.String("pizza")})
	must(t, err)
	_, err = w.client.GetApi(ctx, &apigatewayv2.GetApiInput{ApiId: rest.Id})
	expectError(t, err, "NotFoundException", *rest.Id)
	_, err = w.client.DeleteApi(ctx, &apigatewayv2.DeleteApiInput{ApiId: rest.Id})
	expectError(t, err, "NotFoundException", *rest.Id)
	_, err = w.client.CreateStage(ctx, &apigatewayv2.CreateStageInput{ApiId: rest.Id, StageName: aws.String("x")})
	expectError(t, err, "NotFoundException", *rest.Id)
	_, err = w.rest.GetRestApi(ctx, &apigateway.GetRestApiInput{RestApiId: &a.id})
	expectError(t, err, "NotFoundException", a.id)
	_, err = w.rest.GetStages(ctx, &apigateway.GetStagesInput{RestApiId: &a.id})
	expectError(t, err, "NotFoundException", a.id)
	_, err = w.in("us-east-1").GetApi(ctx, &apigatewayv2.GetApiInput{ApiId: &a.id})
	expectError(t, err, "NotFoundException", a.id)
	list, err := w.client.GetApis(ctx, &apigatewayv2.GetApisInput{})
	must(t, err)
	if len(list.Items) != 1 || *list.Items[0].ApiId != a.id {
		t.Errorf("%+v", list.Items)
	}
}

// Both kinds are signed for one service and have operations of the same names:
// whose is meant is in the path of a call, and in the name by which programs call.
func TestOperationsOfOneNameAreToldApart(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	a.stage("prod")
	who := func() *access.Call {
		return &access.Call{Caller: access.Caller{Kind: access.User, Account: account, ARN: "arn:aws:iam::000000000000:user/ann"}, Region: region}
	}
	out, err := w.api.Call(t.Context(), who(), "apigatewayv2", "GetStages", &apigatewayv2.GetStagesInput{ApiId: &a.id})
	must(t, err)
	if got := out.(*apigatewayv2.GetStagesOutput); len(got.Items) != 1 {
		t.Errorf("%+v", got)
	}
	_, err = w.api.Call(t.Context(), who(), "apigateway", "GetStages", &apigateway.GetStagesInput{RestApiId: &a.id})
	expectError(t, err, "NotFoundException", a.id)
	_, err = w.api.Call(t.Context(), who(), "apigatewayv2", "GetRestApis", &apigateway.GetRestApisInput{})
	expectError(t, err, "UnknownOperationException", "apigatewayv2 has no operation GetRestApis")
}

func TestQuickCreateMakesAllThatACallNeeds(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	for name, c := range map[string]struct {
		target, key, wantKey, kind, version, method string
	}{
		"a function":           {functionARN, "", "$default", "AWS_PROXY", "2.0", "POST"},
		"a function at a path": {functionARN, "GET /pets", "GET /pets", "AWS_PROXY", "2.0", "POST"},
		"a URL":                {"https://backend.example/", "", "$default", "HTTP_PROXY", "1.0", "ANY"},
	} {
		t.Run(name, func(t *testing.T) {
			a := w.newAPI(func(in *apigatewayv2.CreateApiInput) {
				if in.Target = &c.target; c.key != "" {
					in.RouteKey = &c.key
				}
			})
			routes, err := w.client.GetRoutes(ctx, &apigatewayv2.GetRoutesInput{ApiId: &a.id})
			must(t, err)
			integrations, err := w.client.GetIntegrations(ctx, &apigatewayv2.GetIntegrationsInput{ApiId: &a.id})
			must(t, err)
			if len(routes.Items) != 1 || len(integrations.Items) != 1 {
				t.Fatalf("%d routes, %d integrations", len(routes.Items), len(integrations.Items))
			}
			r, i, s := routes.Items[0], integrations.Items[0], a.getStage("$default")
			if *r.RouteKey != c.wantKey || *r.Target != "integrations/"+*i.IntegrationId || !aws.ToBool(r.ApiGatewayManaged) || r.AuthorizationType != "NONE" {
				t.Errorf("%+v", r)
			}
			if string(i.IntegrationType) != c.kind || *i.IntegrationUri != c.target || *i.PayloadFormatVersion != c.version || *i.IntegrationMethod != c.method ||
				!aws.ToBool(i.ApiGatewayManaged) || *i.TimeoutInMillis != 30000 {
				t.Errorf("%+v", i)
			}
			if !*s.AutoDeploy || !aws.ToBool(s.ApiGatewayManaged) || !strings.HasPrefix(*s.LastDeploymentStatusMessage, "Successfully deployed stage with deployment ID '") {
				t.Errorf("%+v", s)
			}
			if got := a.keys("$default"); got != c.wantKey {
				t.Errorf("served: %s", got)
			}
		})
	}
}

func TestWhatQuickCreateMadeIsChangedByTheAPI(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	a := w.newAPI(func(in *apigatewayv2.CreateApiInput) { in.Target = aws.String(functionARN) })
	routes, err := w.client.GetRoutes(ctx, &apigatewayv2.GetRoutesInput{ApiId: &a.id})
	must(t, err)
	route := routes.Items[0]
	integration := strings.TrimPrefix(*route.Target, "integrations/")

	_, err = w.client.UpdateRoute(ctx, &apigatewayv2.UpdateRouteInput{ApiId: &a.id, RouteId: route.RouteId, RouteKey: aws.String("GET /x")})
	expectError(t, err, "BadRequestException", "changed by UpdateApi")
	_, err = w.client.DeleteIntegration(ctx, &apigatewayv2.DeleteIntegrationInput{ApiId: &a.id, IntegrationId: &integration})
	expectError(t, err, "BadRequestException", "cannot be deleted")
	_, err = w.client.UpdateStage(ctx, &apigatewayv2.UpdateStageInput{ApiId: &a.id, StageName: aws.String("$default"), AutoDeploy: aws.Bool(false)})
	expectError(t, err, "BadRequestException", "deploys by itself")

	_, err = w.client.UpdateApi(ctx, &apigatewayv2.UpdateApiInput{ApiId: &a.id, Target: aws.String("https://backend.example/x"), RouteKey: aws.String("GET /menu")})
	must(t, err)
	served := a.served("$default")
	if served.Routes[0].Key != "GET /menu" || served.Integrations[0].URI != "https://backend.example/x" || served.Integrations[0].Type != "HTTP_PROXY" {
		t.Errorf("%+v %+v", served.Routes[0], served.Integrations[0])
	}
	a.route("GET /other")
	_, err = w.client.UpdateApi(ctx, &apigatewayv2.UpdateApiInput{ApiId: &a.id, RouteKey: aws.String("GET /other")})
	expectError(t, err, "ConflictException", "Route with key GET /other already exists for this API")
	_, err = w.client.UpdateApi(ctx, &apigatewayv2.UpdateApiInput{ApiId: &a.id, Target: aws.String("ftp://backend.example")})
	expectError(t, err, "BadRequestException", "Invalid HTTP endpoint")

	plain := w.newAPI()
	_, err = w.client.UpdateApi(ctx, &apigatewayv2.UpdateApiInput{ApiId: &plain.id, Target: aws.String(functionARN)})
	expectError(t, err, "BadRequestException", "created with a target")
}
