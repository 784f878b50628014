package template

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"
)

// resourceType is all that is known of one type of resource: which properties
// it has, what can be asked of it, and how it is made, changed and removed.
type resourceType struct {
	name       string
	properties fields
	attributes []string // what Fn::GetAtt may ask for

	// create makes the resource and fills in row.PhysicalID, Attributes and Handles.
	create func(ctx context.Context, w *work) error
	// update brings it in line with w.properties; nil if every change needs a new one.
	update func(ctx context.Context, w *work) error
	// remove deletes it, by its row alone. That it is gone already is no error.
	remove func(ctx context.Context, w *work) error
	// find looks for what an interrupted create has left and fills in the row.
	// nil if create can simply be run again.
	find func(ctx context.Context, w *work) (bool, error)
	// read fetches an attribute that is never stored, because it is a secret.
	read func(ctx context.Context, w *work, attribute string) (string, error)
	// identity are the properties that find needs; none of them is ever secret.
	identity []string
	// unique: a second one of the same name cannot exist, so find is asked first
	// and what it finds is not taken over.
	unique bool
}

// work is one resource at one moment of a deploy.
type work struct {
	*deploy
	resource   *resource      // nil while something is removed that the template no longer has
	properties map[string]any // resolved, typed
	changed    map[string]bool
	row        *resourceRow
	anybodys   bool // find looks for a thing of that name, whoever made it
}

// types are all resource types that can be made. SAM's own become these.
var types = index(
	userPoolType, userPoolClientType, resourceServerType, userPoolUserType, userPoolGroupType, userPoolMembershipType,
	userPoolProviderType, riskConfigurationType, kmsKeyType, kmsAliasType,
	functionType, permissionType, logGroupType,
	roleType, userType, groupType, additionType, accessKeyType,
	inlinePolicyType, rolePolicyType, userPolicyType, groupPolicyType, managedPolicyType,
	oidcProviderType, samlProviderType,
	identityPoolType, roleAttachmentType, principalTagType,
	httpAPIType, httpRouteType, httpIntegrationType, httpAuthorizerType, httpStageType, httpDeploymentType,
	restAPIType, apiResourceType, methodType, authorizerType, gatewayResponseType, deploymentType, stageType, accountType,
)

func index(all ...*resourceType) map[string]*resourceType {
	m := make(map[string]*resourceType, len(all))
	for _, t := range all {
		m[t.name] = t
	}
	return m
}

const (
	samFunction = "AWS::Serverless::Function"
	samAPI      = "AWS::Serverless::Api"
)

// unsupportedTypes are those that guarded APIs often have beside them, with
// what to do instead.
var unsupportedTypes = map[string]string{
	"AWS::Cognito::UserPoolDomain":                  "there are no hosted pages; give it a Condition that is false here",
	"AWS::Serverless::LayerVersion":                 "put what the layer holds into the function's folder",
	"AWS::ApiGateway::UsagePlan":                    "API keys are not supported",
	"AWS::ApiGateway::ApiKey":                       "API keys are not supported",
	"AWS::Lambda::Version":                          "the latest code is always what runs",
	"AWS::Lambda::Alias":                            "the latest code is always what runs",
	"AWS::CloudFormation::Stack":                    "one template is one stack: put its resources here",
	"AWS::Serverless::Application":                  "one template is one stack: put its resources here",
	"AWS::ApiGateway::Model":                        "models are not supported",
	"AWS::ApiGatewayV2::DomainName":                 "custom domains are not supported",
	"AWS::ApiGatewayV2::ApiMapping":                 "custom domains are not supported",
	"AWS::ApiGatewayV2::VpcLink":                    "there are no networks here",
	"AWS::ApiGatewayV2::Model":                      "WebSocket APIs are not supported",
	"AWS::ApiGatewayV2::RouteResponse":              "WebSocket APIs are not supported",
	"AWS::ApiGatewayV2::IntegrationResponse":        "WebSocket APIs are not supported",
	"AWS::ApiGatewayV2::ApiGatewayManagedOverrides": "define the route and the stage as resources of their own",
	"AWS::ApiGateway::DomainName":                   "custom domains are not supported",
}

func typeNames() []string {
	all := []string{samFunction, samAPI, samHTTPAPI}
	for name := range types {
		all = append(all, name)
	}
	slices.Sort(all)
	return all
}

// invoke runs an operation. Its error names the operation, and keeps the modelled error inside.
func invoke[Out any](ctx context.Context, d *deploy, service, operation string, in any) (*Out, error) {
	out, err := d.Operations.Call(ctx, d.Call(), service, operation, in)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", operation, err)
	}
	shape, ok := out.(*Out)
	if !ok || shape == nil {
		return nil, fmt.Errorf("%s: gave no answer", operation)
	}
	return shape, nil
}

// run is invoke of an operation whose answer says nothing.
func run(ctx context.Context, d *deploy, service, operation string, in any) error {
	if _, err := d.Operations.Call(ctx, d.Call(), service, operation, in); err != nil {
		return fmt.Errorf("%s: %w", operation, err)
	}
	return nil
}

// hasCode says whether err is an AWS error with one of these codes.
func hasCode(err error, codes ...string) bool {
	var e smithy.APIError
	return errors.As(err, &e) && slices.Contains(codes, e.ErrorCode())
}

// unlessGone is err, unless it says that the thing does not exist.
func unlessGone(err error) error {
	if hasCode(err, "NotFoundException", "ResourceNotFoundException", "UserNotFoundException", "NoSuchEntity") {
		return nil
	}
	return err
}

// text is a resolved property as text, "" when absent.
func (w *work) text(name string) string {
	s, _ := w.properties[name].(string)
	return s
}

func (w *work) texts(name string) []string {
	list, _ := w.properties[name].([]any)
	out := make([]string, 0, len(list))
	for _, item := range list {
		s, _ := item.(string)
		out = append(out, s)
	}
	return out
}

// physicalName is the name that the template gives, or stack-logicalId-token,
// as CloudFormation makes them up, within limit characters.
func (w *work) physicalName(property string, limit int) string {
	if name := w.text(property); name != "" {
		return name
	}
	stem := w.row.Stack + "-" + w.row.LogicalID
	if room := limit - 13; len(stem) > room {
		stem = stem[:room]
	}
	return stem + "-" + w.row.Token[:12]
}

// madeBy says whether something that was found may be what an interrupted
// create of this row has left: not older than the attempt, and nobody else's.
func (w *work) madeBy(ctx context.Context, id, pool string, created *time.Time) (bool, error) {
	if w.anybodys {
		return true, nil
	}
	if created != nil && created.UnixMilli() < w.row.StartedAt-int64(time.Second/time.Millisecond) {
		return false, nil
	}
	owned, err := w.owned(ctx, w.row.Type, id, pool)
	return !owned, err
}

func ptr(s string) *string {
	if s == "" {
		return nil
	}
	return aws.String(s)
}
