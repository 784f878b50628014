package template

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/apigateway"
	gatewaytypes "github.com/aws/aws-sdk-go-v2/service/apigateway/types"
)

// methodSettings limit and log what a stage serves. Answers are not cached.
var methodSettings = listing(records(fields{
	"HttpMethod": str.must(), "ResourcePath": str.must(),
	"LoggingLevel": str, "DataTraceEnabled": flag, "MetricsEnabled": flag,
	"ThrottlingRateLimit": decimal, "ThrottlingBurstLimit": integer,
	"CachingEnabled": flag.of("false"), "CacheDataEncrypted": unsupported("answers are not cached"), "CacheTtlInSeconds": unsupported("answers are not cached"),
}))

// accessLog is where a stage writes a line for each request, and what stands in it.
var accessLog = records(fields{"DestinationArn": str, "Format": str})

var stageType = &resourceType{
	name: "AWS::ApiGateway::Stage",
	properties: fields{
		"RestApiId": str.must().replaces(), "StageName": str.must().replaces(), "DeploymentId": str.must(),
		"Description": str, "Variables": strMap, "TracingEnabled": notTraced, "Tags": noEffect("tags are not kept for stages made by a template"),
		"MethodSettings":      methodSettings,
		"AccessLogSetting":    accessLog,
		"CacheClusterEnabled": flag.of("false"), "CacheClusterSize": unsupported("answers are not cached"),
		"CanarySetting": unsupported("canaries are not supported"), "ClientCertificateId": unsupported("client certificates are not supported"),
		"DocumentationVersion": unsupported("documentation is not kept"),
	},
	create: func(ctx context.Context, w *work) error {
		in := apigateway.CreateStageInput{
			RestApiId: ptr(w.text("RestApiId")), StageName: ptr(w.text("StageName")), DeploymentId: ptr(w.text("DeploymentId")),
			Description: optionalText(w.text("Description")),
		}
		if v, ok := w.properties["Variables"].(map[string]any); ok {
			if err := into(map[string]any{"Variables": v}, &in); err != nil {
				return err
			}
		}
		made, err := invoke[apigateway.CreateStageOutput](ctx, w.deploy, apiGateway, "CreateStage", &in)
		if err != nil {
			return err
		}
		w.stageIs()
		var p patch
		w.settingsOf(&p, made.MethodSettings)
		w.accessLogOf(&p, nil)
		return w.patchStage(ctx, p)
	},
	identity: []string{"RestApiId", "StageName"}, unique: true,
	update: updateStage,
	remove: func(ctx context.Context, w *work) error {
		_, err := invoke[apigateway.DeleteStageOutput](ctx, w.deploy, apiGateway, "DeleteStage",
			&apigateway.DeleteStageInput{RestApiId: ptr(w.row.Handles["RestApiId"]), StageName: &w.row.PhysicalID})
		return unlessGone(err)
	},
	find: func(ctx context.Context, w *work) (bool, error) {
		api, name := w.text("RestApiId"), w.text("StageName")
		out, err := invoke[apigateway.GetStageOutput](ctx, w.deploy, apiGateway, "GetStage", &apigateway.GetStageInput{RestApiId: &api, StageName: &name})
		if err != nil {
			return false, unlessGone(err)
		}
		if ours, err := w.madeBy(ctx, name, "", out.CreatedDate); err != nil || !ours {
			return false, err
		}
		w.stageIs()
		// A create that was interrupted may not have come to these.
		var p patch
		w.settingsOf(&p, out.MethodSettings)
		w.accessLogOf(&p, out.AccessLogSettings)
		return true, w.patchStage(ctx, p)
	},
}

func (w *work) stageIs() {
	w.row.PhysicalID = w.text("StageName")
	w.row.Handles = map[string]string{"RestApiId": w.text("RestApiId")}
}

func updateStage(ctx context.Context, w *work) error {
	api, name := w.row.Handles["RestApiId"], w.row.PhysicalID
	current, err := invoke[apigateway.GetStageOutput](ctx, w.deploy, apiGateway, "GetStage", &apigateway.GetStageInput{RestApiId: &api, StageName: &name})
	if err != nil {
		return err
	}
	var p patch
	if aws.ToString(current.DeploymentId) != w.text("DeploymentId") {
		p.replace("/deploymentId", w.text("DeploymentId"))
	}
	if aws.ToString(current.Description) != w.text("Description") {
		p.replace("/description", w.text("Description"))
	}
	want, _ := w.properties["Variables"].(map[string]any)
	for name := range current.Variables {
		if _, ok := want[name]; !ok {
			p.add(gatewaytypes.OpRemove, "/variables/"+pointer(name), nil)
		}
	}
	for name, v := range want {
		if v, _ := v.(string); current.Variables[name] != v {
			p.replace("/variables/"+pointer(name), v)
		}
	}
	w.settingsOf(&p, current.MethodSettings)
	w.accessLogOf(&p, current.AccessLogSettings)
	return w.patchStage(ctx, p)
}

func (w *work) patchStage(ctx context.Context, p patch) error {
	if len(p) == 0 {
		return nil
	}
	_, err := invoke[apigateway.UpdateStageOutput](ctx, w.deploy, apiGateway, "UpdateStage",
		&apigateway.UpdateStageInput{RestApiId: ptr(w.row.Handles["RestApiId"]), StageName: &w.row.PhysicalID, PatchOperations: p})
	return err
}

// settingPaths are the settings of a method, where UpdateStage changes them.
var settingPaths = map[string]string{
	"ThrottlingRateLimit": "/throttling/rateLimit", "ThrottlingBurstLimit": "/throttling/burstLimit",
	"LoggingLevel": "/logging/loglevel", "DataTraceEnabled": "/logging/dataTrace", "MetricsEnabled": "/metrics/enabled",
}

// settingsOf brings the settings of a stage's methods in line with the template.
// They are made anew as a whole, in one step: a setting that is named no longer
// can be removed in no other way.
func (w *work) settingsOf(p *patch, have map[string]gatewaytypes.MethodSetting) {
	list, _ := w.properties["MethodSettings"].([]any)
	for _, key := range slices.Sorted(maps.Keys(have)) {
		p.add(gatewaytypes.OpRemove, "/"+key, nil)
	}
	for _, each := range list {
		s, _ := each.(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(settingPaths)) {
			if v, said := s[name]; said {
				p.replace("/"+settingKey(s)+settingPaths[name], fmt.Sprint(v))
			}
		}
	}
}

// settingKey is */* or {path with ~1 for /}/{verb}. Templates may have the path
// written so already, after a first slash that stands for nothing.
func settingKey(s map[string]any) string {
	path, _ := s["ResourcePath"].(string)
	verb, _ := s["HttpMethod"].(string)
	switch {
	case path == "/*" || path == "*":
		return "*/" + verb
	case strings.Contains(path, "~1"):
		return strings.TrimPrefix(path, "/") + "/" + verb
	}
	return pointer(path) + "/" + verb
}

// accessLogOf brings a stage's access log in line with the template.
func (w *work) accessLogOf(p *patch, have *gatewaytypes.AccessLogSettings) {
	want, _ := w.properties["AccessLogSetting"].(map[string]any)
	if len(want) == 0 {
		if have != nil && aws.ToString(have.DestinationArn) != "" {
			p.add(gatewaytypes.OpRemove, "/accessLogSettings", nil)
		}
		return
	}
	if have == nil {
		have = &gatewaytypes.AccessLogSettings{}
	}
	if v, _ := want["Format"].(string); v != aws.ToString(have.Format) {
		p.replace("/accessLogSettings/format", v)
	}
	if v, _ := want["DestinationArn"].(string); v != aws.ToString(have.DestinationArn) {
		p.replace("/accessLogSettings/destinationArn", v)
	}
}

func optionalText(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
