package kms_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/kms/types"
)

var ctx = context.Background()

func TestAKeyAndItsAliases(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		made := must(w.CreateKey(ctx, &kms.CreateKeyInput{Description: aws.String("codes"), Tags: []types.Tag{{TagKey: aws.String("team"), TagValue: aws.String("oven")}}}))(t).KeyMetadata
		if made.KeyState != types.KeyStateEnabled || !made.Enabled || *made.Description != "codes" || *made.Arn != "arn:aws:kms:"+region+":"+number+":key/"+*made.KeyId {
			t.Errorf("made %+v", made)
		}
		must(w.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: aws.String("alias/codes"), TargetKeyId: made.KeyId}))(t)
		for _, name := range []string{*made.KeyId, *made.Arn, "alias/codes", "arn:aws:kms:" + region + ":" + number + ":alias/codes"} {
			if got := must(w.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: &name}))(t); *got.KeyMetadata.KeyId != *made.KeyId {
				t.Errorf("%s is %s", name, *got.KeyMetadata.KeyId)
			}
		}
		_, err := w.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: aws.String("alias/codes"), TargetKeyId: made.KeyId})
		refused(t, err, "AlreadyExistsException")
		other := w.key("")
		must(w.UpdateAlias(ctx, &kms.UpdateAliasInput{AliasName: aws.String("alias/codes"), TargetKeyId: &other}))(t)
		if got := must(w.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String("alias/codes")}))(t); *got.KeyMetadata.Arn != other {
			t.Errorf("the alias is %s", *got.KeyMetadata.Arn)
		}
		if got := must(w.ListAliases(ctx, &kms.ListAliasesInput{KeyId: &other}))(t); len(got.Aliases) != 1 || *got.Aliases[0].AliasName != "alias/codes" {
			t.Errorf("aliases %+v", got.Aliases)
		}
		must(w.DeleteAlias(ctx, &kms.DeleteAliasInput{AliasName: aws.String("alias/codes")}))(t)
		_, err = w.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: aws.String("alias/codes")})
		refused(t, err, "NotFoundException")
		tags := must(w.ListResourceTags(ctx, &kms.ListResourceTagsInput{KeyId: made.KeyId}))(t)
		if len(tags.Tags) != 1 || *tags.Tags[0].TagValue != "oven" {
			t.Errorf("tags %+v", tags.Tags)
		}
		must(w.UntagResource(ctx, &kms.UntagResourceInput{KeyId: made.KeyId, TagKeys: []string{"team"}}))(t)
		if tags := must(w.ListResourceTags(ctx, &kms.ListResourceTagsInput{KeyId: made.KeyId}))(t); len(tags.Tags) != 0 {
			t.Errorf("tags %+v", tags.Tags)
		}
	})
}

func TestKeysAreListedPageByPage(t *testing.T) {
	w := newWorld(t)
	want := map[string]bool{}
	for range 5 {
		arn := w.key("")
		want[arn[strings.LastIndexByte(arn, '/')+1:]] = true
	}
	pages := kms.NewListKeysPaginator(w.Client, &kms.ListKeysInput{Limit: aws.Int32(2)})
	for n := 0; pages.HasMorePages(); n++ {
		page := must(pages.NextPage(ctx))(t)
		if len(page.Keys) > 2 || n > 2 {
			t.Fatalf("page %d has %d keys", n, len(page.Keys))
		}
		for _, k := range page.Keys {
			delete(want, *k.KeyId)
		}
	}
	if len(want) != 0 {
		t.Errorf("not listed: %v", want)
	}
	_, err := w.ListKeys(ctx, &kms.ListKeysInput{Marker: aws.String("made-up")})
	refused(t, err, "InvalidMarkerException")
}

func TestAKeyThatIsDisabledOrGoingOpensNothing(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		key := w.key("")
		sealed := must(w.Encrypt(ctx, &kms.EncryptInput{KeyId: &key, Plaintext: []byte("123456")}))(t).CiphertextBlob
		open := func() error {
			_, err := w.Decrypt(ctx, &kms.DecryptInput{CiphertextBlob: sealed})
			return err
		}
		must(w.DisableKey(ctx, &kms.DisableKeyInput{KeyId: &key}))(t)
		refused(t, open(), "DisabledException")
		_, err := w.GenerateDataKey(ctx, &kms.GenerateDataKeyInput{KeyId: &key, KeySpec: "AES_256"})
		refused(t, err, "DisabledException")
		must(w.EnableKey(ctx, &kms.EnableKeyInput{KeyId: &key}))(t)
		if err := open(); err != nil {
			t.Error(err)
		}
		_, err = w.ScheduleKeyDeletion(ctx, &kms.ScheduleKeyDeletionInput{KeyId: &key, PendingWindowInDays: aws.Int32(6)})
		refused(t, err, "ValidationException")
		must(w.ScheduleKeyDeletion(ctx, &kms.ScheduleKeyDeletionInput{KeyId: &key, PendingWindowInDays: aws.Int32(7)}))(t)
		refused(t, open(), "KMSInvalidStateException")
		_, err = w.EnableKey(ctx, &kms.EnableKeyInput{KeyId: &key})
		refused(t, err, "KMSInvalidStateException")
		must(w.CancelKeyDeletion(ctx, &kms.CancelKeyDeletionInput{KeyId: &key}))(t)
		refused(t, open(), "DisabledException")
		must(w.EnableKey(ctx, &kms.EnableKeyInput{KeyId: &key}))(t)
		must(w.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: aws.String("alias/it"), TargetKeyId: &key}))(t)
		must(w.ScheduleKeyDeletion(ctx, &kms.ScheduleKeyDeletionInput{KeyId: &key, PendingWindowInDays: aws.Int32(7)}))(t)
		w.clock.Advance(7 * 24 * time.Hour)
		refused(t, open(), "InvalidCiphertextException")
		_, err = w.CancelKeyDeletion(ctx, &kms.CancelKeyDeletionInput{KeyId: &key})
		refused(t, err, "NotFoundException")
		if err := w.service.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		if got := must(w.ListKeys(ctx, &kms.ListKeysInput{}))(t); len(got.Keys) != 0 {
			t.Errorf("still there: %+v", got.Keys)
		}
		if got := must(w.ListAliases(ctx, &kms.ListAliasesInput{}))(t); len(got.Aliases) != 0 {
			t.Errorf("still there: %+v", got.Aliases)
		}
	})
}

func TestWhatCannotBeMadeIsRefused(t *testing.T) {
	w := newWorld(t)
	for what, in := range map[string]*kms.CreateKeyInput{
		"an RSA key":            {KeySpec: types.KeySpecRsa2048, KeyUsage: types.KeyUsageTypeSignVerify},
		"an HMAC key":           {KeySpec: types.KeySpecHmac256, KeyUsage: types.KeyUsageTypeGenerateVerifyMac},
		"imported material":     {Origin: types.OriginTypeExternal},
		"a key of many Regions": {MultiRegion: aws.Bool(true)},
		"a key store":           {CustomKeyStoreId: aws.String("cks-1")},
	} {
		t.Run(what, func(t *testing.T) {
			_, err := w.CreateKey(ctx, in)
			refused(t, err, "UnsupportedOperationException")
		})
	}
	key := w.key("")
	for alias, code := range map[string]string{"codes": "InvalidAliasNameException", "alias/": "InvalidAliasNameException", "alias/a b": "InvalidAliasNameException", "alias/aws/cognito": "AccessDeniedException"} {
		_, err := w.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: &alias, TargetKeyId: &key})
		refused(t, err, code)
	}
	_, err := w.TagResource(ctx, &kms.TagResourceInput{KeyId: &key, Tags: []types.Tag{{TagKey: aws.String("Team"), TagValue: aws.String("a")}, {TagKey: aws.String("team"), TagValue: aws.String("b")}}})
	refused(t, err, "TagException")
	for i := range 50 {
		must(w.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: aws.String(fmt.Sprint("alias/a", i)), TargetKeyId: &key}))(t)
	}
	_, err = w.CreateAlias(ctx, &kms.CreateAliasInput{AliasName: aws.String("alias/one-more"), TargetKeyId: &key})
	refused(t, err, "LimitExceededException")
}
