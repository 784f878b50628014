package restapi

import (
	"context"
	"maps"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/apigateway"

	"github.com/sallyport/sallyport/internal/access"
	"github.com/sallyport/sallyport/internal/gateway"
	"github.com/sallyport/sallyport/internal/store"
)

// taggable reads the ARN of an API or of a stage; stage is "" for an API.
func taggable(call *access.Call, arn string) (apiID, stage string, err error) {
	path, ok := strings.CutPrefix(arn, "arn:aws:apigateway:"+call.Region+"::/restapis/")
	apiID, stage, ofStage := strings.Cut(path, "/stages/")
	if !ok || apiID == "" || ofStage && stage == "" || strings.Contains(apiID+stage, "/") {
		return "", "", badRequest("Invalid ARN specified in the request")
	}
	return apiID, stage, nil
}

// changeTags runs change on the tags of the API or stage that arn names.
func (svc *Service) changeTags(ctx context.Context, call *access.Call, arn string, change func(tags *map[string]string) error) error {
	apiID, stage, err := taggable(call, arn)
	if err != nil {
		return err
	}
	return svc.db.Write(ctx, func(tx *store.Tx) error {
		if _, err := readAPI(ctx, tx, call, &apiID); err != nil {
			return err
		}
		if stage != "" {
			_, err := stages.Update(ctx, tx, func(s *gateway.Stage) error { return change(&s.Tags) }, apiID, stage)
			return orNotFound(err, noStage)
		}
		_, err := apis.Update(ctx, tx, func(a *API) error { return change(&a.Tags) }, apiID)
		return err
	})
}

func (svc *Service) tagResource(ctx context.Context, call *access.Call, in *apigateway.TagResourceInput) (*apigateway.TagResourceOutput, error) {
	err := svc.changeTags(ctx, call, text(in.ResourceArn), func(tags *map[string]string) error {
		for key, value := range in.Tags {
			setEntry(tags, key, value)
		}
		return gateway.CheckTags(*tags)
	})
	return &apigateway.TagResourceOutput{}, err
}

func (svc *Service) untagResource(ctx context.Context, call *access.Call, in *apigateway.UntagResourceInput) (*apigateway.UntagResourceOutput, error) {
	err := svc.changeTags(ctx, call, text(in.ResourceArn), func(tags *map[string]string) error {
		for _, key := range in.TagKeys {
			delete(*tags, key)
		}
		return nil
	})
	return &apigateway.UntagResourceOutput{}, err
}

func (svc *Service) getTags(ctx context.Context, call *access.Call, in *apigateway.GetTagsInput) (*apigateway.GetTagsOutput, error) {
	apiID, stage, err := taggable(call, text(in.ResourceArn))
	if err != nil {
		return nil, err
	}
	api, err := readAPI(ctx, svc.db, call, &apiID)
	if err != nil {
		return nil, err
	}
	out := &apigateway.GetTagsOutput{Tags: map[string]string{}}
	maps.Copy(out.Tags, api.Tags)
	if stage != "" {
		s, err := readStage(ctx, svc.db, call, &apiID, &stage)
		if err != nil {
			return nil, err
		}
		out.Tags = map[string]string{}
		maps.Copy(out.Tags, s.Tags)
	}
	return out, nil
}
