package httpapi

import (
	"context"
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/apigatewayv2"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/store"
)

// taggable reads the ARN of an API or of a stage; stage is "" for an API.
func taggable(call *access.Call, arn string) (apiID, stage string, err error) {
	path, ok := strings.CutPrefix(arn, "arn:aws:apigateway:"+call.Region+"::/apis/")
	apiID, stage, ofStage := strings.Cut(path, "/stages/")
	if !ok || apiID == "" || ofStage && stage == "" || strings.Contains(apiID+stage, "/") {
		return "", "", badRequest("Invalid ARN specified in the request")
	}
	return apiID, stage, nil
}

// changeTags runs change on a copy of the tags of the API or stage that arn names.
func (svc *Service) changeTags(ctx context.Context, call *access.Call, arn string, change func(tags map[string]string)) error {
	apiID, stage, err := taggable(call, arn)
	if err != nil {
		return err
	}
	next := func(tags *map[string]string) error {
		changed := maps.Clone(*tags)
		if changed == nil {
			changed = map[string]string{}
		}
		change(changed)
		*tags = changed
		return gateway.CheckTags(changed)
	}
	return svc.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := readAPI(ctx, tx, call, &apiID); err != nil {
			return err
		}
		if stage != "" {
			_, err := stages.Update(ctx, tx, func(s *gateway.Stage) error { return next(&s.Tags) }, apiID, stage)
			return orNotFound(err, "Stage", stage)
		}
		_, err := apis.Update(ctx, tx, func(a *API) error { return next(&a.Tags) }, apiID)
		return err
	})
}

func (svc *Service) tagResource(ctx context.Context, call *access.Call, in *apigatewayv2.TagResourceInput) (*apigatewayv2.TagResourceOutput, error) {
	err := svc.changeTags(ctx, call, text(in.ResourceArn), func(tags map[string]string) { maps.Copy(tags, in.Tags) })
	return &apigatewayv2.TagResourceOutput{}, err
}

func (svc *Service) untagResource(ctx context.Context, call *access.Call, in *apigatewayv2.UntagResourceInput) (*apigatewayv2.UntagResourceOutput, error) {
	err := svc.changeTags(ctx, call, text(in.ResourceArn), func(tags map[string]string) {
		for _, key := range in.TagKeys {
			delete(tags, key)
		}
	})
	return &apigatewayv2.UntagResourceOutput{}, err
}

func (svc *Service) getTags(ctx context.Context, call *access.Call, in *apigatewayv2.GetTagsInput) (*apigatewayv2.GetTagsOutput, error) {
	apiID, stage, err := taggable(call, text(in.ResourceArn))
	if err != nil {
		return nil, err
	}
	api, err := readAPI(ctx, svc.db, call, &apiID)
	if err != nil {
		return nil, err
	}
	tags := api.Tags
	if stage != "" {
		s, err := readStage(ctx, svc.db, call, &apiID, &stage)
		if err != nil {
			return nil, err
		}
		tags = s.Tags
	}
	out := &apigatewayv2.GetTagsOutput{Tags: map[string]string{}}
	maps.Copy(out.Tags, tags)
	return out, nil
}
