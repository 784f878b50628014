package httpapi_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"

	"github.com/sallyport/sallyport/internal/gateway"
)

func TestAStageServesWhatWasDeployedToIt(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	a := w.newAPI()
	_, err := w.client.CreateDeployment(ctx, &apigatewayv2.CreateDeploymentInput{ApiId: &a.id})
	expectError(t, err, "BadRequestException", "Unable to deploy API because no routes exist in this API")
	a.stage("prod")
	a.route("GET /one")
	if got := a.keys("prod"); got != "" {
		t.Errorf("served without a deployment: %s", got)
	}
	_, err = w.client.CreateDeployment(ctx, &apigatewayv2.CreateDeploymentInput{ApiId: &a.id, StageName: aws.String("nowhere")})
	expectError(t, err, "NotFoundException", "Invalid Stage identifier specified nowhere")
	first, err := w.client.CreateDeployment(ctx, &apigatewayv2.CreateDeploymentInput{ApiId: &a.id, StageName: aws.String("prod"), Description: aws.String("first")})
	must(t, err)
	if *first.AutoDeployed || first.DeploymentStatus != "DEPLOYED" || *first.Description != "first" {
		t.Errorf("%+v", first)
	}
	a.route("GET /two")
	_, err = w.client.UpdateApi(ctx, &apigatewayv2.UpdateApiInput{ApiId: &a.id, CorsConfiguration: &types.Cors{AllowOrigins: []string{"*"}}})
	must(t, err)
	if got := a.keys("prod"); got != "GET /one" || a.served("prod").CORS != nil {
		t.Errorf("served what was not deployed: %s", got)
	}
	second, err := w.client.CreateDeployment(ctx, &apigatewayv2.CreateDeploymentInput{ApiId: &a.id, StageName: aws.String("prod")})
	must(t, err)
	if got := a.keys("prod"); got != "GET /one, GET /two" || a.served("prod").CORS == nil {
		t.Errorf("served: %s", got)
	}
	// Back to the first, which is as it was.
	_, err = w.client.UpdateStage(ctx, &apigatewayv2.UpdateStageInput{ApiId: &a.id, StageName: aws.String("prod"), DeploymentId: first.DeploymentId})
	must(t, err)
	if got := a.keys("prod"); got != "GET /one" {
		t.Errorf("served: %s", got)
	}
	_, err = w.client.DeleteDeployment(ctx, &apigatewayv2.DeleteDeploymentInput{ApiId: &a.id, DeploymentId: first.DeploymentId})
	expectError(t, err, "BadRequestException", "Active stages pointing to this deployment must be moved or deleted")
	_, err = w.client.DeleteDeployment(ctx, &apigatewayv2.DeleteDeploymentInput{ApiId: &a.id, DeploymentId: second.DeploymentId})
	must(t, err)
	changed, err := w.client.UpdateDeployment(ctx, &apigatewayv2.UpdateDeploymentInput{ApiId: &a.id, DeploymentId: first.DeploymentId, Description: aws.String("kept")})
	must(t, err)
	list, err := w.client.GetDeployments(ctx, &apigatewayv2.GetDeploymentsInput{ApiId: &a.id})
	must(t, err)
	if *changed.Description != "kept" || len(list.Items) != 1 || *list.Items[0].DeploymentId != *first.DeploymentId {
		t.Errorf("%+v %+v", changed, list.Items)
	}
	_, err = w.client.GetDeployment(ctx, &apigatewayv2.GetDeploymentInput{ApiId: &a.id, DeploymentId: second.DeploymentId})
	expectError(t, err, "NotFoundException", "Invalid Deployment identifier specified "+*second.DeploymentId)
}

// Every change of an API is served when the call that made it returns.
func TestAStageThatDeploysByItself(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	a := w.newAPI()
	made := a.stage("$default", byItself)
	if made.DeploymentId != nil || *made.LastDeploymentStatusMessage != "Deployment attempt failed: Unable to deploy API because no routes exist in this API" {
		t.Errorf("%+v", made)
	}
	a.stage("frozen")
	a.stage("also", byItself)
	i := a.integration()
	first := a.route("GET /one", to(i))
	if got := a.keys("$default") + "; " + a.keys("also") + "; " + a.keys("frozen"); got != "GET /one; GET /one; " {
		t.Errorf("served: %s", got)
	}
	s := a.getStage("$default")
	if want := "Successfully deployed stage with deployment ID '" + *s.DeploymentId + "'"; *s.LastDeploymentStatusMessage != want {
		t.Errorf("%s, want %s", *s.LastDeploymentStatusMessage, want)
	}
	d, err := w.client.GetDeployment(ctx, &apigatewayv2.GetDeploymentInput{ApiId: &a.id, DeploymentId: s.DeploymentId})
	must(t, err)
	if !*d.AutoDeployed || *d.Description != "Automatic deployment triggered by changes to the Api configuration" {
		t.Errorf("%+v", d)
	}

	auth := a.jwt("tokens")
	_, err = w.client.UpdateRoute(ctx, &apigatewayv2.UpdateRouteInput{ApiId: &a.id, RouteId: &first, AuthorizationType: "JWT", AuthorizerId: &auth})
	must(t, err)
	_, err = w.client.UpdateAuthorizer(ctx, &apigatewayv2.UpdateAuthorizerInput{ApiId: &a.id, AuthorizerId: &auth, Name: aws.String("coins")})
	must(t, err)
	_, err = w.client.UpdateIntegration(ctx, &apigatewayv2.UpdateIntegrationInput{ApiId: &a.id, IntegrationId: &i, TimeoutInMillis: aws.Int32(100)})
	must(t, err)
	_, err = w.client.UpdateApi(ctx, &apigatewayv2.UpdateApiInput{ApiId: &a.id, CorsConfiguration: &types.Cors{AllowOrigins: []string{"*"}}})
	must(t, err)
	served := a.served("$default")
	if r := served.Routes[0]; r.Authorization != gateway.AuthorizationJWT || r.AuthorizerID != auth || served.Authorizers[0].Name != "coins" ||
		served.Integrations[0].TimeoutMillis != 100 || served.CORS == nil {
		t.Errorf("%+v", served)
	}
	_, err = w.client.DeleteCorsConfiguration(ctx, &apigatewayv2.DeleteCorsConfigurationInput{ApiId: &a.id})
	must(t, err)
	if a.served("$default").CORS != nil {
		t.Error("CORS is still served")
	}
	// What nobody serves any longer is not kept: two stages, one deployment.
	if list, err := w.client.GetDeployments(ctx, &apigatewayv2.GetDeploymentsInput{ApiId: &a.id}); err != nil || len(list.Items) != 1 {
		t.Errorf("%d deployments, %v", len(list.Items), err)
	}
	// A refused change is not served.
	_, err = a.tryRoute("GET /two", to("nothere"))
	expectError(t, err, "BadRequestException", "Invalid Integration")
	if got := a.keys("$default"); got != "GET /one" {
		t.Errorf("served: %s", got)
	}
	// A route that was deleted does not live on, not even the last.
	_, err = w.client.DeleteRoute(ctx, &apigatewayv2.DeleteRouteInput{ApiId: &a.id, RouteId: &first})
	must(t, err)
	if got := a.served("$default"); got != nil {
		t.Errorf("still served: %+v", got.Routes)
	}
	if s := a.getStage("$default"); s.DeploymentId != nil || !strings.HasPrefix(*s.LastDeploymentStatusMessage, "Deployment attempt failed: ") {
		t.Errorf("%+v", s)
	}
}

// Changes that are made at once are served together: none is lost to another.
func TestChangesAtOnceAreAllDeployed(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	a.stage("$default", byItself)
	var all sync.WaitGroup
	for n := range 16 {
		all.Go(func() {
			if _, err := a.tryRoute(fmt.Sprintf("GET /r%02d", n)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := len(a.served("$default").Routes); got != 16 {
		t.Errorf("%d routes are served", got)
	}
	if list, err := w.client.GetDeployments(t.Context(), &apigatewayv2.GetDeploymentsInput{ApiId: &a.id}); err != nil || len(list.Items) != 1 {
		t.Errorf("%d deployments, %v", len(list.Items), err)
	}
}

func TestDeployingByItselfIsSwitchedOnAndOff(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	a := w.newAPI()
	a.route("GET /one")
	name := aws.String("prod")
	a.stage("prod")
	d, err := w.client.CreateDeployment(ctx, &apigatewayv2.CreateDeploymentInput{ApiId: &a.id, StageName: name})
	must(t, err)
	a.route("GET /two")
	on, err := w.client.UpdateStage(ctx, &apigatewayv2.UpdateStageInput{ApiId: &a.id, StageName: name, AutoDeploy: aws.Bool(true)})
	must(t, err)
	if got := a.keys("prod"); got != "GET /one, GET /two" || *on.DeploymentId == *d.DeploymentId {
		t.Errorf("served: %s", got)
	}
	_, err = w.client.CreateDeployment(ctx, &apigatewayv2.CreateDeploymentInput{ApiId: &a.id, StageName: name})
	expectError(t, err, "BadRequestException", "autoDeploy enabled")
	_, err = w.client.UpdateStage(ctx, &apigatewayv2.UpdateStageInput{ApiId: &a.id, StageName: name, DeploymentId: d.DeploymentId})
	expectError(t, err, "BadRequestException", "autoDeploy enabled")
	_, err = a.tryStage("both", byItself, func(in *apigatewayv2.CreateStageInput) { in.DeploymentId = d.DeploymentId })
	expectError(t, err, "BadRequestException", "autoDeploy enabled")
	// A client that sends back what it has read.
	_, err = w.client.UpdateStage(ctx, &apigatewayv2.UpdateStageInput{ApiId: &a.id, StageName: name, DeploymentId: on.DeploymentId, AutoDeploy: aws.Bool(true)})
	must(t, err)
	_, err = w.client.UpdateStage(ctx, &apigatewayv2.UpdateStageInput{ApiId: &a.id, StageName: name, AutoDeploy: aws.Bool(false)})
	must(t, err)
	a.route("GET /three")
	if got := a.keys("prod"); got != "GET /one, GET /two" {
		t.Errorf("served: %s", got)
	}
	// What was deployed by hand is kept; what the stage alone served goes with it.
	_, err = w.client.DeleteStage(ctx, &apigatewayv2.DeleteStageInput{ApiId: &a.id, StageName: name})
	must(t, err)
	list, err := w.client.GetDeployments(ctx, &apigatewayv2.GetDeploymentsInput{ApiId: &a.id})
	must(t, err)
	if len(list.Items) != 1 || *list.Items[0].DeploymentId != *d.DeploymentId {
		t.Errorf("%+v", list.Items)
	}
}

func TestStages(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	a := w.newAPI()
	a.route("GET /pets/{id}")
	a.route("$default")
	format := `{"id":"$context.requestId"}`
	log := "arn:aws:logs:eu-west-1:000000000000:log-group:access"
	a.stage("prod", func(in *apigatewayv2.CreateStageInput) {
		in.Description, in.StageVariables, in.Tags = aws.String("for eaters"), map[string]string{"fn": "pizza", "old": "x"}, map[string]string{"team": "oven"}
		in.DefaultRouteSettings = &types.RouteSettings{ThrottlingRateLimit: aws.Float64(10), ThrottlingBurstLimit: aws.Int32(20)}
		in.RouteSettings = map[string]types.RouteSettings{"GET /pets/{id}": {ThrottlingRateLimit: aws.Float64(0.5), DetailedMetricsEnabled: aws.Bool(true)}}
		in.AccessLogSettings = &types.AccessLogSettings{DestinationArn: &log, Format: &format}
	})
	got := a.getStage("prod")
	if *got.Description != "for eaters" || got.StageVariables["fn"] != "pizza" || got.Tags["team"] != "oven" || *got.AutoDeploy || got.ApiGatewayManaged != nil ||
		*got.DefaultRouteSettings.ThrottlingRateLimit != 10 || *got.DefaultRouteSettings.ThrottlingBurstLimit != 20 ||
		*got.RouteSettings["GET /pets/{id}"].ThrottlingRateLimit != 0.5 || !*got.RouteSettings["GET /pets/{id}"].DetailedMetricsEnabled ||
		*got.AccessLogSettings.Format != format || got.CreatedDate == nil || got.LastUpdatedDate == nil {
		t.Errorf("%+v", got)
	}
	changed, err := w.client.UpdateStage(ctx, &apigatewayv2.UpdateStageInput{
		ApiId: &a.id, StageName: aws.String("prod"), StageVariables: map[string]string{"old": "", "new": "y"},
		DefaultRouteSettings: &types.RouteSettings{ThrottlingRateLimit: aws.Float64(11)},
		RouteSettings:        map[string]types.RouteSettings{"$default": {ThrottlingBurstLimit: aws.Int32(1)}},
	})
	must(t, err)
	if fmt.Sprint(changed.StageVariables) != "map[fn:pizza new:y]" || *changed.DefaultRouteSettings.ThrottlingRateLimit != 11 || *changed.DefaultRouteSettings.ThrottlingBurstLimit != 20 ||
		len(changed.RouteSettings) != 2 {
		t.Errorf("%+v", changed)
	}
	_, err = w.client.DeleteRouteSettings(ctx, &apigatewayv2.DeleteRouteSettingsInput{ApiId: &a.id, StageName: aws.String("prod"), RouteKey: aws.String("GET /pets/{id}")})
	must(t, err)
	_, err = w.client.DeleteRouteSettings(ctx, &apigatewayv2.DeleteRouteSettingsInput{ApiId: &a.id, StageName: aws.String("prod"), RouteKey: aws.String("GET /pets/{id}")})
	expectError(t, err, "NotFoundException", "GET /pets/{id}")
	_, err = w.client.DeleteAccessLogSettings(ctx, &apigatewayv2.DeleteAccessLogSettingsInput{ApiId: &a.id, StageName: aws.String("prod")})
	must(t, err)
	for range 2 {
		_, err = w.client.ResetAuthorizersCache(ctx, &apigatewayv2.ResetAuthorizersCacheInput{ApiId: &a.id, StageName: aws.String("prod")})
		must(t, err)
	}
	if got := a.getStage("prod"); len(got.RouteSettings) != 1 || got.AccessLogSettings != nil {
		t.Errorf("%+v", got)
	}
	if s, err := gateway.Stages.Get(ctx, w.db, a.id, "prod"); err != nil || s.Flushes != 2 || !s.HTTP {
		t.Errorf("%+v, %v", s, err)
	}
	a.stage("$default")
	list, err := w.client.GetStages(ctx, &apigatewayv2.GetStagesInput{ApiId: &a.id, MaxResults: aws.String("1")})
	must(t, err)
	if len(list.Items) != 1 || *list.Items[0].StageName != "$default" || list.NextToken == nil {
		t.Errorf("%+v", list)
	}
	_, err = w.client.DeleteStage(ctx, &apigatewayv2.DeleteStageInput{ApiId: &a.id, StageName: aws.String("prod")})
	must(t, err)
	for _, err := range []error{
		call(w.client.GetStage(ctx, &apigatewayv2.GetStageInput{ApiId: &a.id, StageName: aws.String("prod")})),
		call(w.client.DeleteStage(ctx, &apigatewayv2.DeleteStageInput{ApiId: &a.id, StageName: aws.String("prod")})),
		call(w.client.UpdateStage(ctx, &apigatewayv2.UpdateStageInput{ApiId: &a.id, StageName: aws.String("prod")})),
		call(w.client.ResetAuthorizersCache(ctx, &apigatewayv2.ResetAuthorizersCacheInput{ApiId: &a.id, StageName: aws.String("prod")})),
	} {
		expectError(t, err, "NotFoundException", "Invalid Stage identifier specified prod")
	}
}

func call[T any](_ T, err error) error { return err }

func TestStagesThatAreRefused(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	a.route("GET /pets")
	a.stage("taken")
	type input = apigatewayv2.CreateStageInput
	settings := func(s types.RouteSettings) func(*input) {
		return func(in *input) { in.DefaultRouteSettings = &s }
	}
	log := func(arn, format string) func(*input) {
		return func(in *input) {
			in.AccessLogSettings = &types.AccessLogSettings{DestinationArn: &arn, Format: &format}
		}
	}
	const group = "arn:aws:logs:eu-west-1:000000000000:log-group:access"
	for name, c := range map[string]struct {
		change        func(*input)
		code, message string
	}{
		"a name that is taken":    {func(in *input) { in.StageName = aws.String("taken") }, "ConflictException", "Stage already exists"},
		"a name with a slash":     {func(in *input) { in.StageName = aws.String("a/b") }, "BadRequestException", "Invalid stage name"},
		"another dollar sign":     {func(in *input) { in.StageName = aws.String("$prod") }, "BadRequestException", "Invalid stage name"},
		"a long name":             {func(in *input) { in.StageName = aws.String(strings.Repeat("x", 129)) }, "BadRequestException", "Invalid stage name"},
		"no such deployment":      {func(in *input) { in.DeploymentId = aws.String("abcdef") }, "NotFoundException", "Invalid Deployment identifier specified abcdef"},
		"a client certificate":    {func(in *input) { in.ClientCertificateId = aws.String("abcdef") }, "BadRequestException", "clientCertificateId) is not supported"},
		"a bad variable":          {func(in *input) { in.StageVariables = map[string]string{"a-b": "c"} }, "BadRequestException", "Invalid stage variable name"},
		"a bad value":             {func(in *input) { in.StageVariables = map[string]string{"a": "b c"} }, "BadRequestException", "Invalid stage variable value"},
		"a reserved tag":          {func(in *input) { in.Tags = map[string]string{"AWS:a": "b"} }, "BadRequestException", "reserved"},
		"execution logs":          {settings(types.RouteSettings{LoggingLevel: "INFO"}), "BadRequestException", "Execution logs are not supported on protocolType HTTP"},
		"data trace":              {settings(types.RouteSettings{DataTraceEnabled: aws.Bool(true)}), "BadRequestException", "Execution logs are not supported on protocolType HTTP"},
		"a rate below zero":       {settings(types.RouteSettings{ThrottlingRateLimit: aws.Float64(-2)}), "BadRequestException", "rate limit"},
		"a burst below zero":      {settings(types.RouteSettings{ThrottlingBurstLimit: aws.Int32(-2)}), "BadRequestException", "burst limit"},
		"settings of no route":    {func(in *input) { in.RouteSettings = map[string]types.RouteSettings{"GET /x": {}} }, "NotFoundException", "Unable to find Route by key GET /x within the provided RouteSettings"},
		"settings of all by name": {func(in *input) { in.RouteSettings = map[string]types.RouteSettings{"": {}} }, "NotFoundException", "Unable to find Route by key"},
		"a log in a bucket":       {log("arn:aws:s3:::bucket", "$context.requestId"), "BadRequestException", "Invalid access log destination"},
		"a log without id":        {log(group, "$context.stage"), "BadRequestException", "requestId"},
		"a log of a header":       {log(group, "$context.requestId $request.header.authorization $context.nothing"), "BadRequestException", "nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := a.tryStage("new", c.change)
			expectError(t, err, c.code, c.message)
		})
	}
	if list, err := w.client.GetStages(t.Context(), &apigatewayv2.GetStagesInput{ApiId: &a.id}); err != nil || len(list.Items) != 1 {
		t.Errorf("refused stages were kept: %+v, %v", list.Items, err)
	}
}
