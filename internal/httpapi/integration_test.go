package httpapi_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"
	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2/types"
)

func TestIntegrations(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	a := w.newAPI()
	made, err := a.tryIntegration(backend, func(in *apigatewayv2.CreateIntegrationInput) {
		in.Description, in.TimeoutInMillis = aws.String("the oven"), aws.Int32(50)
		in.ConnectionType, in.PassthroughBehavior = types.ConnectionTypeInternet, types.PassthroughBehaviorWhenNoMatch // what clients send who have nothing to say
		in.RequestParameters = map[string]string{"overwrite:header.X-Owner": "$context.authorizer.claims.sub", "remove:querystring.secret": "''"}
		in.ResponseParameters = map[string]map[string]string{"404": {"overwrite:statuscode": "200"}, "500": {"append:header.x-why": "oops"}}
	})
	must(t, err)
	got, err := w.client.GetIntegration(ctx, &apigatewayv2.GetIntegrationInput{ApiId: &a.id, IntegrationId: made.IntegrationId})
	must(t, err)
	if got.IntegrationType != "HTTP_PROXY" || *got.IntegrationMethod != "ANY" || *got.PayloadFormatVersion != "1.0" || *got.TimeoutInMillis != 50 ||
		got.ConnectionType != "INTERNET" || *got.Description != "the oven" || len(got.RequestParameters) != 2 || got.ResponseParameters["404"]["overwrite:statuscode"] != "200" {
		t.Errorf("%+v", got)
	}
	// A parameter without a value is taken away, and a status without parameters.
	changed, err := w.client.UpdateIntegration(ctx, &apigatewayv2.UpdateIntegrationInput{
		ApiId: &a.id, IntegrationId: made.IntegrationId, TimeoutInMillis: aws.Int32(30000),
		RequestParameters:  map[string]string{"remove:querystring.secret": "", "append:header.a": "b"},
		ResponseParameters: map[string]map[string]string{"404": {}, "201": {"overwrite:statuscode": "204"}},
	})
	must(t, err)
	if want := map[string]string{"overwrite:header.X-Owner": "$context.authorizer.claims.sub", "append:header.a": "b"}; !reflect.DeepEqual(changed.RequestParameters, want) {
		t.Errorf("%v", changed.RequestParameters)
	}
	if len(changed.ResponseParameters) != 2 || changed.ResponseParameters["404"] != nil || changed.ResponseParameters["500"] == nil || *changed.TimeoutInMillis != 30000 {
		t.Errorf("%v", changed.ResponseParameters)
	}
	// It becomes a function's.
	changed, err = w.client.UpdateIntegration(ctx, &apigatewayv2.UpdateIntegrationInput{
		ApiId: &a.id, IntegrationId: made.IntegrationId, IntegrationType: "AWS_PROXY", IntegrationMethod: aws.String("POST"),
		IntegrationUri: aws.String(functionURI), PayloadFormatVersion: aws.String("2.0"), CredentialsArn: aws.String(roleARN),
	})
	must(t, err)
	if changed.IntegrationType != "AWS_PROXY" || *changed.IntegrationUri != functionURI || *changed.CredentialsArn != roleARN {
		t.Errorf("%+v", changed)
	}
	route := a.route("GET /", to(*made.IntegrationId))
	_, err = w.client.DeleteIntegration(ctx, &apigatewayv2.DeleteIntegrationInput{ApiId: &a.id, IntegrationId: made.IntegrationId})
	expectError(t, err, "ConflictException", "Cannot delete Integration because it is referenced by the following Routes with Ids: ["+route+"]")
	_, err = w.client.DeleteRoute(ctx, &apigatewayv2.DeleteRouteInput{ApiId: &a.id, RouteId: &route})
	must(t, err)
	_, err = w.client.DeleteIntegration(ctx, &apigatewayv2.DeleteIntegrationInput{ApiId: &a.id, IntegrationId: made.IntegrationId})
	must(t, err)
	_, err = w.client.GetIntegration(ctx, &apigatewayv2.GetIntegrationInput{ApiId: &a.id, IntegrationId: made.IntegrationId})
	expectError(t, err, "NotFoundException", "Invalid Integration identifier specified "+*made.IntegrationId)
}

func TestAFunctionsIntegrationIsCompleted(t *testing.T) {
	a := newWorld(t).newAPI()
	for _, uri := range []string{functionARN, functionURI, functionARN + ":live", "arn:aws:lambda:eu-west-1:000000000000:function:${stageVariables.fn}"} {
		made, err := a.tryIntegration(func(in *apigatewayv2.CreateIntegrationInput) { in.IntegrationUri = &uri })
		must(t, err)
		if *made.IntegrationMethod != "POST" || *made.TimeoutInMillis != 30000 || *made.PayloadFormatVersion != "2.0" || *made.IntegrationUri != uri {
			t.Errorf("%+v", made)
		}
	}
}

func TestIntegrationsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	type input = apigatewayv2.CreateIntegrationInput
	request := func(key, value string) func(*input) {
		return func(in *input) { backend(in); in.RequestParameters = map[string]string{key: value} }
	}
	response := func(status, key, value string) func(*input) {
		return func(in *input) {
			backend(in)
			in.ResponseParameters = map[string]map[string]string{status: {key: value}}
		}
	}
	at := func(uri string) func(*input) {
		return func(in *input) { backend(in); in.IntegrationUri = &uri }
	}
	for name, c := range map[string]struct {
		change  func(*input)
		message string
	}{
		"MOCK":                   {func(in *input) { in.IntegrationType = "MOCK" }, "The integration type MOCK is not supported"},
		"AWS":                    {func(in *input) { in.IntegrationType = "AWS" }, "The integration type AWS is not supported"},
		"HTTP":                   {func(in *input) { in.IntegrationType = "HTTP" }, "The integration type HTTP is not supported"},
		"no such type":           {func(in *input) { in.IntegrationType = "FTP" }, "Must be one of: AWS_PROXY, HTTP_PROXY"},
		"a queue":                {func(in *input) { in.IntegrationSubtype = aws.String("SQS-SendMessage") }, "The integration subtype SQS-SendMessage is not supported"},
		"a VPC link":             {func(in *input) { backend(in); in.ConnectionType = "VPC_LINK" }, "A VPC link (connectionType VPC_LINK) is not supported"},
		"a connection":           {func(in *input) { backend(in); in.ConnectionId = aws.String("abc") }, "A VPC link"},
		"another connection":     {func(in *input) { in.ConnectionType = "RADIO" }, "Invalid connection type"},
		"a server name":          {func(in *input) { in.TlsConfig = &types.TlsConfigInput{ServerNameToVerify: aws.String("x")} }, "tlsConfig"},
		"content handling":       {func(in *input) { in.ContentHandlingStrategy = "CONVERT_TO_TEXT" }, "ContentHandlingStrategy is supported only for WebSocket APIs"},
		"templates":              {func(in *input) { in.RequestTemplates = map[string]string{"a": "b"} }, "RequestTemplates"},
		"passthrough":            {func(in *input) { in.PassthroughBehavior = "NEVER" }, "PassthroughBehavior"},
		"a function, no version": {func(in *input) { in.PayloadFormatVersion = nil }, "requires PayloadFormatVersion 1.0 or 2.0"},
		"a function, version 3":  {func(in *input) { in.PayloadFormatVersion = aws.String("3.0") }, "requires PayloadFormatVersion 1.0 or 2.0"},
		"a function by GET":      {func(in *input) { in.IntegrationMethod = aws.String("GET") }, "invoked by POST"},
		"no function":            {func(in *input) { in.IntegrationUri = nil }, "Invalid function ARN or invalid uri"},
		"another thing's ARN":    {func(in *input) { in.IntegrationUri = aws.String("arn:aws:sqs:eu-west-1:000000000000:q") }, "Invalid function ARN or invalid uri"},
		"another region's URI": {func(in *input) {
			in.IntegrationUri = aws.String(strings.Replace(functionURI, "eu-west-1", "us-east-1", 1))
		}, "invalid region or path"},
		"a URL, version 2":        {func(in *input) { backend(in); in.PayloadFormatVersion = aws.String("2.0") }, "takes PayloadFormatVersion 1.0 only"},
		"a URL without method":    {func(in *input) { backend(in); in.IntegrationMethod = nil }, "requires one of GET, POST"},
		"a URL by TRACE":          {func(in *input) { backend(in); in.IntegrationMethod = aws.String("TRACE") }, "requires one of GET, POST"},
		"a URL with credentials":  {func(in *input) { backend(in); in.CredentialsArn = aws.String(roleARN) }, "Credentials are not supported"},
		"no URL":                  {at(""), "Invalid HTTP endpoint"},
		"another scheme":          {at("ftp://x.example/"), "Invalid HTTP endpoint"},
		"a user in the URL":       {at("http://u:p@x.example/"), "neither a user nor a fragment"},
		"a path variable as host": {at("http://{host}/"), "Invalid HTTP endpoint"},
		"49 ms":                   {func(in *input) { in.TimeoutInMillis = aws.Int32(49) }, "between 50 ms and 30000 ms"},
		"30001 ms":                {func(in *input) { in.TimeoutInMillis = aws.Int32(30001) }, "between 50 ms and 30000 ms"},
		"no time at all":          {func(in *input) { in.TimeoutInMillis = aws.Int32(0) }, "between 50 ms and 30000 ms"},
		"a user's credentials":    {func(in *input) { in.CredentialsArn = aws.String("arn:aws:iam::000000000000:user/ann") }, "Invalid ARN specified"},
		"a caller of one account": {func(in *input) { in.CredentialsArn = aws.String("arn:aws:iam::000000000000:user/*") }, "Invalid ARN specified"},
		"a URL as the caller":     {func(in *input) { backend(in); in.CredentialsArn = aws.String("arn:aws:iam::*:user/*") }, "Credentials are not supported"},
		"a long description":      {func(in *input) { in.Description = aws.String(strings.Repeat("x", 1025)) }, "at most 1024"},
		"a parameter of REST":     {request("integration.request.header.x", "'y'"), "Invalid mapping expression parameter specified"},
		"a reserved header":       {request("overwrite:header.Authorization", "x"), "Operations on header authorization are restricted"},
		"a status of a request":   {request("overwrite:statuscode", "200"), "not possible here"},
		"a slip of the pen":       {request("append:header.x", "$requets.header.y"), "Invalid mapping expression specified"},
		"a path of a response":    {response("200", "overwrite:path", "/"), "not possible here"},
		"status 199":              {response("199", "append:header.x", "y"), "no status from 200 to 599"},
		"status 600":              {response("600", "append:header.x", "y"), "no status from 200 to 599"},
		"a status of words":       {response("default", "append:header.x", "y"), "no status from 200 to 599"},
		"a status with a sign":    {response("+200", "append:header.x", "y"), "no status from 200 to 599"},
		"no such status":          {response("200", "overwrite:statuscode", "99"), "takes a status from 200 to 599"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := a.tryIntegration(c.change)
			expectError(t, err, "BadRequestException", c.message)
		})
	}
}

// Whoever gives a role to an API may act as it: that takes iam:PassRole.
func TestRolesAreGivenByWhoMayPassThem(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	a := w.newAPI()
	i := a.integration()
	quick := w.newAPI(func(in *apigatewayv2.CreateApiInput) { in.Target = aws.String(functionARN) })
	w.guard.refuse(true)
	role := aws.String(roleARN)
	_, err := a.tryIntegration(func(in *apigatewayv2.CreateIntegrationInput) { in.CredentialsArn = role })
	expectError(t, err, "AccessDeniedException", "is not authorized to perform: iam:PassRole on resource: "+roleARN)
	_, err = w.client.UpdateIntegration(ctx, &apigatewayv2.UpdateIntegrationInput{ApiId: &a.id, IntegrationId: &i, CredentialsArn: role})
	expectError(t, err, "AccessDeniedException", "iam:PassRole")
	_, err = a.tryAuthorizer(asking, func(in *apigatewayv2.CreateAuthorizerInput) { in.AuthorizerCredentialsArn = role })
	expectError(t, err, "AccessDeniedException", "iam:PassRole")
	_, err = w.client.CreateApi(ctx, &apigatewayv2.CreateApiInput{Name: aws.String("x"), ProtocolType: "HTTP", Target: aws.String(functionARN), CredentialsArn: role})
	expectError(t, err, "AccessDeniedException", "iam:PassRole")
	_, err = w.client.UpdateApi(ctx, &apigatewayv2.UpdateApiInput{ApiId: &quick.id, CredentialsArn: role})
	expectError(t, err, "AccessDeniedException", "iam:PassRole")
	if got, err := w.client.GetIntegration(ctx, &apigatewayv2.GetIntegrationInput{ApiId: &a.id, IntegrationId: &i}); err != nil || got.CredentialsArn != nil {
		t.Errorf("%+v, %v", got, err)
	}
	w.guard.refuse(false)
	held, err := a.tryIntegration(func(in *apigatewayv2.CreateIntegrationInput) { in.CredentialsArn = role })
	must(t, err)
	asked, err := a.tryAuthorizer(asking, func(in *apigatewayv2.CreateAuthorizerInput) { in.AuthorizerCredentialsArn = role })
	must(t, err)

	// Whoever may not pass the role may not let it call another function either.
	w.guard.refuse(true)
	other := aws.String(strings.Replace(functionURI, "pizza", "vault", 1))
	_, err = w.client.UpdateIntegration(ctx, &apigatewayv2.UpdateIntegrationInput{ApiId: &a.id, IntegrationId: held.IntegrationId, IntegrationUri: other})
	expectError(t, err, "AccessDeniedException", "iam:PassRole")
	_, err = w.client.UpdateAuthorizer(ctx, &apigatewayv2.UpdateAuthorizerInput{ApiId: &a.id, AuthorizerId: asked.AuthorizerId, AuthorizerUri: other})
	expectError(t, err, "AccessDeniedException", "iam:PassRole")
	_, err = w.client.UpdateIntegration(ctx, &apigatewayv2.UpdateIntegrationInput{ApiId: &a.id, IntegrationId: held.IntegrationId, TimeoutInMillis: aws.Int32(50)})
	must(t, err)
	_, err = w.client.UpdateAuthorizer(ctx, &apigatewayv2.UpdateAuthorizerInput{ApiId: &a.id, AuthorizerId: asked.AuthorizerId, AuthorizerCredentialsArn: aws.String("")})
	must(t, err)
}
