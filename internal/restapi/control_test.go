package restapi_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	"github.com/aws/aws-sdk-go-v2/service/apigateway/types"

	"github.com/sallyport/sallyport/internal/store"
	"github.com/sallyport/sallyport/internal/store/storetest"
)

func replace(path, value string) []types.PatchOperation {
	return []types.PatchOperation{{Op: types.OpReplace, Path: &path, Value: &value}}
}

func TestWhatIsNotThere(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	a.open("GET", "/x")
	none, root := aws.String("none99"), aws.String(a.resource("/"))
	c := w.client
	for name, call := range map[string]func(ctx context.Context) error{
		"Invalid API identifier specified 000000000000:none99": func(ctx context.Context) error {
			_, err := c.GetRestApi(ctx, &apigateway.GetRestApiInput{RestApiId: none})
			return err
		},
		"Invalid Resource identifier specified": func(ctx context.Context) error {
			_, err := c.GetResource(ctx, &apigateway.GetResourceInput{RestApiId: &a.id, ResourceId: none})
			return err
		},
		"Invalid Method identifier specified": func(ctx context.Context) error {
			_, err := c.GetMethod(ctx, &apigateway.GetMethodInput{RestApiId: &a.id, ResourceId: root, HttpMethod: aws.String("GET")})
			return err
		},
		"Invalid Authorizer identifier specified": func(ctx context.Context) error {
			_, err := c.GetAuthorizer(ctx, &apigateway.GetAuthorizerInput{RestApiId: &a.id, AuthorizerId: none})
			return err
		},
		"Invalid Deployment identifier specified": func(ctx context.Context) error {
			_, err := c.CreateStage(ctx, &apigateway.CreateStageInput{RestApiId: &a.id, StageName: aws.String("s"), DeploymentId: none})
			return err
		},
		"Invalid Stage identifier specified": func(ctx context.Context) error {
			_, err := c.FlushStageAuthorizersCache(ctx, &apigateway.FlushStageAuthorizersCacheInput{RestApiId: &a.id, StageName: none})
			return err
		},
		"Invalid Response status code specified": func(ctx context.Context) error {
			_, err := c.GetMethodResponse(ctx, &apigateway.GetMethodResponseInput{RestApiId: &a.id, ResourceId: aws.String(a.resource("/x")), HttpMethod: aws.String("GET"), StatusCode: aws.String("200")})
			return err
		},
	} {
		expectError(t, call(t.Context()), "NotFoundException", name)
	}
	elsewhere := apigateway.New(c.Options(), func(o *apigateway.Options) { o.Region = "us-east-1" })
	_, err := elsewhere.GetRestApi(t.Context(), &apigateway.GetRestApiInput{RestApiId: &a.id})
	expectError(t, err, "NotFoundException", "Invalid API identifier")
	list, err := elsewhere.GetRestApis(t.Context(), &apigateway.GetRestApisInput{})
	must(t, err)
	if len(list.Items) != 0 {
		t.Error("another region lists the API")
	}
	_, err = c.CreateAuthorizer(t.Context(), &apigateway.CreateAuthorizerInput{RestApiId: none, Name: aws.String("n"), Type: types.AuthorizerTypeCognitoUserPools, ProviderARNs: []string{poolARN}, IdentitySource: aws.String("method.request.header.Authorization")})
	expectError(t, err, "ConflictException", "Unable to complete operation due to concurrent modification. Please try again later.")
}

func TestRulesOfPaths(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	a.resource("/pets")
	a.resource("/pets/{id}")
	a.resource("/shops/{rest+}")
	make := func(parent, part string) error {
		_, err := w.client.CreateResource(t.Context(), &apigateway.CreateResourceInput{RestApiId: &a.id, ParentId: aws.String(a.resource(parent)), PathPart: &part})
		return err
	}
	expectError(t, make("/", "pets"), "ConflictException", "Another resource with the same parent already has this name: pets")
	for _, c := range []struct{ parent, part, message string }{
		{"/pets", "{name}", "A sibling ({id}) of this resource already has a variable path part -- only one is allowed"},
		{"/pets", "{other+}", "A sibling ({id})"},
		{"/shops", "{other+}", "A sibling ({rest+}) of this resource already has a variable path part -- only one is allowed"},
		{"/shops", "{id}", "A sibling ({rest+})"},
		{"/shops/{rest+}", "below", "Cannot create a child of a resource with a greedy path variable: {rest+}"},
		{"/pets/{id}", "{id}", "more than once"},
		{"/", "a/b", "Resource's path part only allow"},
		{"/", "a b", "Resource's path part only allow"},
		{"/", "%61", "Resource's path part only allow"},
		{"/", "{", "Resource's path part only allow"},
		{"/", "{}", "Resource's path part only allow"},
		{"/", "x{y}", "Resource's path part only allow"},
		{"/", "{a+b}", "Resource's path part only allow"},
		{"/", "..", "Resource's path part only allow"},
		{"/", ".", "Resource's path part only allow"},
	} {
		expectError(t, make(c.parent, c.part), "BadRequestException", c.message)
	}
	// What is moved takes everything below it along.
	a.resource("/pets/{id}/toys")
	_, err := w.client.UpdateResource(t.Context(), &apigateway.UpdateResourceInput{RestApiId: &a.id, ResourceId: aws.String(a.resource("/pets")), PatchOperations: replace("/pathPart", "animals")})
	must(t, err)
	toys, err := w.client.GetResource(t.Context(), &apigateway.GetResourceInput{RestApiId: &a.id, ResourceId: aws.String(a.resources["/pets/{id}/toys"])})
	must(t, err)
	if *toys.Path != "/animals/{id}/toys" {
		t.Errorf("path %s", *toys.Path)
	}
	_, err = w.client.UpdateResource(t.Context(), &apigateway.UpdateResourceInput{RestApiId: &a.id, ResourceId: aws.String(a.resources["/pets"]), PatchOperations: replace("/parentId", a.resources["/pets/{id}"])})
	expectError(t, err, "BadRequestException", "Resources cannot be cyclical.")
	for _, path := range []string{"/pets", "/shops"} {
		_, err = w.client.DeleteResource(t.Context(), &apigateway.DeleteResourceInput{RestApiId: &a.id, ResourceId: aws.String(a.resources[path])})
		must(t, err)
	}
	left, err := w.client.GetResources(t.Context(), &apigateway.GetResourcesInput{RestApiId: &a.id})
	must(t, err)
	if len(left.Items) != 1 || *left.Items[0].Path != "/" {
		t.Errorf("left: %+v", left.Items)
	}
	_, err = w.client.DeleteResource(t.Context(), &apigateway.DeleteResourceInput{RestApiId: &a.id, ResourceId: aws.String(a.resources["/"])})
	expectError(t, err, "BadRequestException", "Root resource")
}

func TestWhatIsNotSupportedIsSaidPlainly(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	a.open("GET", "/x")
	deployment := a.deploy("prod")
	resource, ctx, c := aws.String(a.resource("/x")), t.Context(), w.client
	post := aws.String("POST")
	put := func(in apigateway.PutMethodInput) error {
		in.RestApiId, in.ResourceId, in.HttpMethod = &a.id, resource, post
		_, err := c.PutMethod(ctx, &in)
		return err
	}
	integrate := func(in apigateway.PutIntegrationInput) error {
		in.RestApiId, in.ResourceId, in.HttpMethod = &a.id, resource, aws.String("GET")
		_, err := c.PutIntegration(ctx, &in)
		return err
	}
	create := func(in apigateway.CreateRestApiInput) error {
		in.Name = aws.String("n")
		_, err := c.CreateRestApi(ctx, &in)
		return err
	}
	stage := func(in apigateway.CreateStageInput) error {
		in.RestApiId, in.StageName, in.DeploymentId = &a.id, aws.String("s"), &deployment
		_, err := c.CreateStage(ctx, &in)
		return err
	}
	lambda := apigateway.PutIntegrationInput{Type: types.IntegrationTypeAwsProxy, IntegrationHttpMethod: post, Uri: aws.String(functionURI)}
	for name, err := range map[string]error{
		"API key":  put(apigateway.PutMethodInput{AuthorizationType: aws.String("NONE"), ApiKeyRequired: true}),
		"AWS":      integrate(apigateway.PutIntegrationInput{Type: types.IntegrationTypeAws, IntegrationHttpMethod: post, Uri: aws.String(functionURI)}),
		"HTTP":     integrate(apigateway.PutIntegrationInput{Type: types.IntegrationTypeHttp, IntegrationHttpMethod: post, Uri: aws.String("http://localhost/")}),
		"VPC link": integrate(with(lambda, func(in *apigateway.PutIntegrationInput) { in.ConnectionType = types.ConnectionTypeVpcLink })),
		"content handling": integrate(with(lambda, func(in *apigateway.PutIntegrationInput) {
			in.ContentHandling = types.ContentHandlingStrategyConvertToText
		})),
		"streaming": integrate(with(lambda, func(in *apigateway.PutIntegrationInput) { in.ResponseTransferMode = types.ResponseTransferModeStream })),
		"unverified TLS": integrate(with(lambda, func(in *apigateway.PutIntegrationInput) {
			in.TlsConfig = &types.TlsConfig{InsecureSkipVerification: true}
		})),
		"VTL":         integrate(apigateway.PutIntegrationInput{Type: types.IntegrationTypeMock, RequestTemplates: map[string]string{"application/json": `{"statusCode": $input.params('s')}`}}),
		"clone":       create(apigateway.CreateRestApiInput{CloneFrom: &a.id}),
		"compression": create(apigateway.CreateRestApiInput{MinimumCompressionSize: aws.Int32(1)}),
		"private":     create(apigateway.CreateRestApiInput{EndpointConfiguration: &types.EndpointConfiguration{Types: []types.EndpointType{types.EndpointTypePrivate}}}),
		"key source":  create(apigateway.CreateRestApiInput{ApiKeySource: types.ApiKeySourceTypeAuthorizer}),
		"canary":      stage(apigateway.CreateStageInput{CanarySettings: &types.CanarySettings{}}),
		"cache":       stage(apigateway.CreateStageInput{CacheClusterEnabled: true}),
		"tracing":     stage(apigateway.CreateStageInput{TracingEnabled: true}),
	} {
		var bad *types.BadRequestException
		if !errors.As(err, &bad) || !strings.Contains(*bad.Message, "is not supported by Sallyport yet") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func with[T any](v T, change func(*T)) T { change(&v); return v }

func updateAPI(w *world, a *api, path, value string) error {
	_, err := w.client.UpdateRestApi(w.t.Context(), &apigateway.UpdateRestApiInput{RestApiId: &a.id, PatchOperations: replace(path, value)})
	return err
}

func TestBadInputOfTheControlPlane(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	ctx, c, root := t.Context(), w.client, aws.String(a.resources["/"])
	deploy := func(stage string) error {
		_, err := c.CreateDeployment(ctx, &apigateway.CreateDeploymentInput{RestApiId: &a.id, StageName: &stage})
		return err
	}
	expectError(t, deploy("prod"), "BadRequestException", "The REST API doesn't contain any methods")
	a.method("GET", "/", &apigateway.PutMethodInput{AuthorizationType: aws.String("NONE")})
	expectError(t, deploy("prod"), "BadRequestException", "No integration defined for method")
	a.lambda("GET", "/")
	expectError(t, deploy("a/b"), "BadRequestException", "Invalid stage name")
	must(t, deploy("prod"))
	stage, err := c.GetStage(ctx, &apigateway.GetStageInput{RestApiId: &a.id, StageName: aws.String("prod")})
	must(t, err)
	_, err = c.CreateStage(ctx, &apigateway.CreateStageInput{RestApiId: &a.id, StageName: aws.String("prod"), DeploymentId: stage.DeploymentId})
	expectError(t, err, "ConflictException", "Stage already exists")
	_, err = c.DeleteDeployment(ctx, &apigateway.DeleteDeploymentInput{RestApiId: &a.id, DeploymentId: stage.DeploymentId})
	expectError(t, err, "BadRequestException", "Active stages pointing to this deployment must be moved or deleted")

	put := func(in *apigateway.PutMethodInput) error {
		in.RestApiId, in.ResourceId = &a.id, root
		_, err := c.PutMethod(ctx, in)
		return err
	}
	expectError(t, put(&apigateway.PutMethodInput{HttpMethod: aws.String("GET"), AuthorizationType: aws.String("NONE")}), "ConflictException", "Method already exists for this resource")
	expectError(t, put(&apigateway.PutMethodInput{HttpMethod: aws.String("get"), AuthorizationType: aws.String("NONE")}), "BadRequestException", "Invalid HttpMethod")
	expectError(t, put(&apigateway.PutMethodInput{HttpMethod: aws.String("PUT"), AuthorizationType: aws.String("SOME")}), "BadRequestException", "Invalid authorization type")
	expectError(t, put(&apigateway.PutMethodInput{HttpMethod: aws.String("PUT"), AuthorizationType: aws.String("COGNITO_USER_POOLS")}), "BadRequestException",
		"Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer.")
	expectError(t, put(&apigateway.PutMethodInput{HttpMethod: aws.String("PUT"), AuthorizationType: aws.String("COGNITO_USER_POOLS"), AuthorizerId: aws.String("abc123")}), "BadRequestException", "Invalid authorizer ID specified")

	for message, in := range map[string]*apigateway.PutIntegrationInput{
		"Timeout should be between 50 ms and 29000 ms":                            {Type: types.IntegrationTypeMock, TimeoutInMillis: aws.Int32(29001)},
		"AWS ARN for integration must contain path or action":                     {Type: types.IntegrationTypeAwsProxy, IntegrationHttpMethod: aws.String("POST"), Uri: aws.String("arn:aws:lambda:eu-west-1:000000000000:function:pizza")},
		"Invalid ARN specified in the request":                                    {Type: types.IntegrationTypeAwsProxy, IntegrationHttpMethod: aws.String("POST"), Uri: aws.String("bad-" + functionURI)},
		"currently only supports Lambda function and Firehose":                    {Type: types.IntegrationTypeAwsProxy, IntegrationHttpMethod: aws.String("POST"), Uri: aws.String(strings.Replace(functionURI, ":lambda:path", ":firehose:path", 1))},
		"contains invalid region or path":                                         {Type: types.IntegrationTypeAwsProxy, IntegrationHttpMethod: aws.String("POST"), Uri: aws.String(strings.Replace(functionURI, "apigateway:eu-west-1", "apigateway:us-east-1", 1))},
		"Invalid function ARN or invalid uri":                                     {Type: types.IntegrationTypeAwsProxy, IntegrationHttpMethod: aws.String("POST"), Uri: aws.String("arn:aws:apigateway:eu-west-1:lambda:path/2015-03-31/functions/pizza/invocations")},
		"Invalid HTTP endpoint specified for URI":                                 {Type: types.IntegrationTypeHttpProxy, IntegrationHttpMethod: aws.String("GET"), Uri: aws.String("file:///etc/passwd")},
		"a path variable can stand in the path only":                              {Type: types.IntegrationTypeHttpProxy, IntegrationHttpMethod: aws.String("GET"), Uri: aws.String("http://{host}/")},
		"the URI's variable {proxy}":                                              {Type: types.IntegrationTypeHttpProxy, IntegrationHttpMethod: aws.String("GET"), Uri: aws.String("http://localhost/{proxy}")},
		"Invalid mapping expression parameter specified: method.request.header.X": {Type: types.IntegrationTypeHttpProxy, IntegrationHttpMethod: aws.String("GET"), Uri: aws.String("http://localhost/"), RequestParameters: map[string]string{"integration.request.header.X": "method.request.header.X"}},
		"the header X-Amzn-Trace-Id cannot be set":                                {Type: types.IntegrationTypeHttpProxy, IntegrationHttpMethod: aws.String("GET"), Uri: aws.String("http://localhost/"), RequestParameters: map[string]string{"integration.request.header.X-Amzn-Trace-Id": "'x'"}},
		"Enumeration value for HttpMethod":                                        {Type: types.IntegrationTypeAwsProxy, Uri: aws.String(functionURI)},
		"Invalid content type specified":                                          {Type: types.IntegrationTypeMock, RequestTemplates: map[string]string{"x": "{}"}},
	} {
		in.RestApiId, in.ResourceId, in.HttpMethod = &a.id, root, aws.String("GET")
		_, err := c.PutIntegration(ctx, in)
		expectError(t, err, "BadRequestException", message)
	}
	for message, in := range map[string]*apigateway.CreateAuthorizerInput{
		"exactly one header":         {IdentitySource: aws.String("method.request.querystring.token"), ProviderARNs: []string{poolARN}},
		"takes exactly one header":   {IdentitySource: aws.String("method.request.header.A,method.request.header.B"), ProviderARNs: []string{poolARN}},
		"at least one user pool":     {},
		"not the ARN of a user pool": {ProviderARNs: []string{"arn:aws:iam::000000000000:role/x"}},
		"result TTL":                 {ProviderARNs: []string{poolARN}, AuthorizerResultTtlInSeconds: aws.Int32(3601)},
		"regular expression":         {ProviderARNs: []string{poolARN}, IdentityValidationExpression: aws.String("(")},
	} {
		in.RestApiId, in.Name, in.Type = &a.id, aws.String("n"), types.AuthorizerTypeCognitoUserPools
		_, err := c.CreateAuthorizer(ctx, in)
		expectError(t, err, "BadRequestException", message)
	}
	id := a.authorizer("taken", poolARN)
	_, err = c.CreateAuthorizer(ctx, &apigateway.CreateAuthorizerInput{RestApiId: &a.id, Name: aws.String("taken"), Type: types.AuthorizerTypeCognitoUserPools, ProviderARNs: []string{poolARN}})
	expectError(t, err, "ConflictException", "Authorizer name must be unique. Authorizer taken already exists in this RestApi.")
	a.guarded("GET", "/guarded", id)
	_, err = c.DeleteAuthorizer(ctx, &apigateway.DeleteAuthorizerInput{RestApiId: &a.id, AuthorizerId: &id})
	expectError(t, err, "ConflictException", "is referenced by method: GET /guarded")
	expectError(t, updateAPI(w, a, "/nothing", "x"), "BadRequestException", "Invalid patch path /nothing")
	_, err = c.GetResources(ctx, &apigateway.GetResourcesInput{RestApiId: &a.id, Position: aws.String("forged")})
	expectError(t, err, "BadRequestException", "Invalid position parameter")
	_, err = c.TagResource(ctx, &apigateway.TagResourceInput{ResourceArn: aws.String("arn:aws:apigateway:eu-west-1::/restapis/" + a.id), Tags: map[string]string{"aws:x": "y"}})
	expectError(t, err, "BadRequestException", "reserved")
}

func TestPagesOfResources(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	for i := range 30 {
		a.resource(fmt.Sprintf("/r%02d", i))
	}
	a.open("GET", "/r00")
	var paths []string
	pages := apigateway.NewGetResourcesPaginator(w.client, &apigateway.GetResourcesInput{RestApiId: &a.id, Limit: aws.Int32(7), Embed: []string{"methods"}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		must(t, err)
		for _, r := range page.Items {
			paths = append(paths, *r.Path)
			if m := r.ResourceMethods["GET"]; *r.Path == "/r00" && (m.MethodIntegration == nil || *m.MethodIntegration.Uri != functionURI) {
				t.Errorf("methods are not embedded: %+v", r)
			}
		}
	}
	slices.Sort(paths)
	if len(slices.Compact(paths)) != 31 {
		t.Errorf("%d paths: %v", len(paths), paths)
	}
}

func TestTagsOfAPIsAndStages(t *testing.T) {
	w := newWorld(t)
	a := w.newAPI()
	a.open("GET", "/")
	a.deploy("prod")
	for _, arn := range []string{"arn:aws:apigateway:eu-west-1::/restapis/" + a.id, "arn:aws:apigateway:eu-west-1::/restapis/" + a.id + "/stages/prod"} {
		_, err := w.client.TagResource(t.Context(), &apigateway.TagResourceInput{ResourceArn: &arn, Tags: map[string]string{"team": "pizza", "x": "y"}})
		must(t, err)
		_, err = w.client.UntagResource(t.Context(), &apigateway.UntagResourceInput{ResourceArn: &arn, TagKeys: []string{"x"}})
		must(t, err)
		got, err := w.client.GetTags(t.Context(), &apigateway.GetTagsInput{ResourceArn: &arn})
		must(t, err)
		if len(got.Tags) != 1 || got.Tags["team"] != "pizza" {
			t.Errorf("%s: %v", arn, got.Tags)
		}
	}
}

// Two clients that build an API at once must not undo each other's rules or work.
func TestBuildingAnAPITogether(t *testing.T) {
	storetest.Each(t, func(t *testing.T, db *store.DB) {
		w := newWorldOn(t, db)
		a := w.newAPI()
		var group sync.WaitGroup
		var mu sync.Mutex
		variables := 0
		for i := range 8 {
			group.Go(func() {
				name := fmt.Sprintf("{v%d}", i)
				_, err := w.client.CreateResource(t.Context(), &apigateway.CreateResourceInput{RestApiId: &a.id, ParentId: aws.String(a.resources["/"]), PathPart: &name})
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					variables++
				} else if !strings.Contains(err.Error(), "only one is allowed") {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if variables != 1 {
			t.Errorf("%d siblings are variables", variables)
		}
		for _, verb := range []string{"GET", "PUT", "POST", "DELETE"} {
			group.Go(func() {
				in := &apigateway.PutMethodInput{RestApiId: &a.id, ResourceId: aws.String(a.resources["/"]), HttpMethod: &verb, AuthorizationType: aws.String("NONE")}
				if _, err := w.client.PutMethod(t.Context(), in); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		for _, verb := range []string{"GET", "PUT", "POST", "DELETE"} {
			a.lambda(verb, "/")
		}
		a.deploy("prod")
		if got := a.status("PUT", "/prod"); got != 200 {
			t.Errorf("%d", got)
		}
		// A node that starts on the same rows serves the same.
		second := newWorldOn(t, db)
		if got := second.status(a.id, "GET", "/prod"); got != 200 {
			t.Errorf("the second node: %d", got)
		}
	})
}
