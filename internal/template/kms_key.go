package template

import (
	"context"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	kmstypes "github.com/aws/aws-sdk-go-v2/service/kms/types"
)

const (
	kmsService = "kms"
	// madeFor is the tag by which the key of an interrupted create is found again:
	// keys have no names.
	madeFor = "sallyport:resource"
)

// kmsKeyType is a key that leaves with the stack as at AWS: after a time in which
// its deletion can be cancelled.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-kms-key.html
var kmsKeyType = &resourceType{
	name: "AWS::KMS::Key",
	properties: fields{
		"Description": str, "Enabled": flag, "KeyPolicy": ownPolicy, "PendingWindowInDays": integer, "BypassPolicyLockoutSafetyCheck": flag,
		"Tags":    listing(records(fields{"Key": str.must(), "Value": str.must()})),
		"KeySpec": oneOf("SYMMETRIC_DEFAULT").replaces(), "KeyUsage": oneOf("ENCRYPT_DECRYPT").replaces(), "Origin": oneOf("AWS_KMS").replaces(),
		"MultiRegion": flag.of("false"), "EnableKeyRotation": flag.of("false"),
		"RotationPeriodInDays": unsupported("key material is not rotated"),
	},
	attributes: []string{"Arn", "KeyId"},
	create:     createKey, update: updateKey, remove: removeKey, find: findKey,
}

func (w *work) keyIs(k *kmstypes.KeyMetadata) {
	w.row.PhysicalID = aws.ToString(k.KeyId)
	w.row.Attributes = map[string]string{"Arn": aws.ToString(k.Arn), "KeyId": w.row.PhysicalID}
	w.row.Handles = map[string]string{}
}

// keyTags are those of the template and the one that says whose the key is.
func (w *work) keyTags() []kmstypes.Tag {
	tags := []kmstypes.Tag{{TagKey: aws.String(madeFor), TagValue: aws.String(w.row.Stack + "/" + w.row.Token)}}
	list, _ := w.properties["Tags"].([]any)
	for _, item := range list {
		t, _ := item.(map[string]any)
		key, _ := t["Key"].(string)
		value, _ := t["Value"].(string)
		tags = append(tags, kmstypes.Tag{TagKey: &key, TagValue: &value})
	}
	return tags
}

func (w *work) keyEnabled() bool {
	enabled, said := w.properties["Enabled"].(bool)
	return enabled || !said
}

func createKey(ctx context.Context, w *work) error {
	bypass, _ := w.properties["BypassPolicyLockoutSafetyCheck"].(bool)
	out, err := invoke[kms.CreateKeyOutput](ctx, w.deploy, kmsService, "CreateKey", &kms.CreateKeyInput{
		Description: ptr(w.text("Description")), Policy: ptr(w.text("KeyPolicy")), Tags: w.keyTags(), BypassPolicyLockoutSafetyCheck: bypass,
	})
	if err != nil {
		return err
	}
	w.keyIs(out.KeyMetadata)
	w.keepWindow()
	if w.keyEnabled() {
		return nil
	}
	return run(ctx, w.deploy, kmsService, "DisableKey", &kms.DisableKeyInput{KeyId: &w.row.PhysicalID})
}

// updateKey sets what changed. A policy that the template no longer has stays, as
// at AWS: which one should take its place would be a guess.
func updateKey(ctx context.Context, w *work) error {
	id := &w.row.PhysicalID
	w.keepWindow()
	if w.changed["Description"] {
		if err := run(ctx, w.deploy, kmsService, "UpdateKeyDescription", &kms.UpdateKeyDescriptionInput{KeyId: id, Description: aws.String(w.text("Description"))}); err != nil {
			return err
		}
	}
	if policy := ptr(w.text("KeyPolicy")); w.changed["KeyPolicy"] && policy != nil {
		bypass, _ := w.properties["BypassPolicyLockoutSafetyCheck"].(bool)
		if err := run(ctx, w.deploy, kmsService, "PutKeyPolicy", &kms.PutKeyPolicyInput{KeyId: id, Policy: policy, BypassPolicyLockoutSafetyCheck: bypass}); err != nil {
			return err
		}
	}
	if w.changed["Tags"] {
		if err := w.setKeyTags(ctx); err != nil {
			return err
		}
	}
	switch {
	case !w.changed["Enabled"]:
		return nil
	case w.keyEnabled():
		return run(ctx, w.deploy, kmsService, "EnableKey", &kms.EnableKeyInput{KeyId: id})
	}
	return run(ctx, w.deploy, kmsService, "DisableKey", &kms.DisableKeyInput{KeyId: id})
}

func (w *work) setKeyTags(ctx context.Context) error {
	have, err := w.tagsOfKey(ctx, w.row.PhysicalID)
	if err != nil {
		return err
	}
	want := w.keyTags()
	var gone []string
	for _, t := range have {
		if !slices.ContainsFunc(want, func(k kmstypes.Tag) bool { return *k.TagKey == *t.TagKey }) {
			gone = append(gone, *t.TagKey)
		}
	}
	if len(gone) > 0 {
		if err := run(ctx, w.deploy, kmsService, "UntagResource", &kms.UntagResourceInput{KeyId: &w.row.PhysicalID, TagKeys: gone}); err != nil {
			return err
		}
	}
	return run(ctx, w.deploy, kmsService, "TagResource", &kms.TagResourceInput{KeyId: &w.row.PhysicalID, Tags: want})
}

func (w *work) tagsOfKey(ctx context.Context, id string) ([]kmstypes.Tag, error) {
	out, err := invoke[kms.ListResourceTagsOutput](ctx, w.deploy, kmsService, "ListResourceTags", &kms.ListResourceTagsInput{KeyId: &id, Limit: aws.Int32(50)})
	if err != nil {
		return nil, err
	}
	return out.Tags, nil
}

// keepWindow notes how long the key waits for its end: by then the template is gone.
func (w *work) keepWindow() {
	delete(w.row.Handles, "PendingWindowInDays")
	if days, ok := w.properties["PendingWindowInDays"].(int64); ok {
		w.row.Handles["PendingWindowInDays"] = strconv.FormatInt(days, 10)
	}
}

func removeKey(ctx context.Context, w *work) error {
	in := &kms.ScheduleKeyDeletionInput{KeyId: &w.row.PhysicalID}
	if days, err := strconv.ParseInt(w.row.Handles["PendingWindowInDays"], 10, 32); err == nil {
		in.PendingWindowInDays = aws.Int32(int32(days))
	}
	err := unlessGone(run(ctx, w.deploy, kmsService, "ScheduleKeyDeletion", in))
	if hasCode(err, "KMSInvalidStateException") { // it waits for its end already
		return nil
	}
	return err
}

func findKey(ctx context.Context, w *work) (bool, error) {
	ours, in := w.keyTags()[0], &kms.ListKeysInput{Limit: aws.Int32(1000)}
	for {
		page, err := invoke[kms.ListKeysOutput](ctx, w.deploy, kmsService, "ListKeys", in)
		if err != nil {
			return false, err
		}
		for _, k := range page.Keys {
			tags, err := w.tagsOfKey(ctx, aws.ToString(k.KeyId))
			if err != nil {
				return false, err
			}
			if slices.ContainsFunc(tags, func(t kmstypes.Tag) bool { return *t.TagKey == *ours.TagKey && *t.TagValue == *ours.TagValue }) {
				w.keyIs(&kmstypes.KeyMetadata{KeyId: k.KeyId, Arn: k.KeyArn})
				return true, nil
			}
		}
		if !page.Truncated {
			return false, nil
		}
		in.Marker = page.NextMarker
	}
}
