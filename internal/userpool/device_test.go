package userpool_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

func TestADeviceIsGivenAKeyConfirmedAndProved(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		pool := w.tracking(true, false)
		client := w.client(pool, nil)
		w.user(pool, "ann")
		tokens := w.tokens(client, "ann")
		g := w.newGadget(client, tokens)
		if !regexp.MustCompile(`^eu-west-1_[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`).MatchString(g.key) {
			t.Errorf("device key %q", g.key)
		}
		if out := must(g.confirm(tokens))(t); out.UserConfirmationNecessary {
			t.Error("the user is to be asked, though the pool remembers devices always")
		}
		again := must(g.signIn("ann"))(t)
		if again.NewDeviceMetadata != nil {
			t.Error("a known device was given another key")
		}
		_, claims := w.claims(*pool.Id, *again.AccessToken)
		if claims["device_key"] != g.key {
			t.Errorf("device_key is %v, want %s", claims["device_key"], g.key)
		}
		if _, claims := w.claims(*pool.Id, *again.IdToken); claims["device_key"] != nil {
			t.Error("the ID token names the device")
		}
		_, err := g.refresh(again.RefreshToken, "")
		refused(t, err, "NotAuthorizedException", "Invalid Refresh Token")
		renewed := must(g.refresh(again.RefreshToken, g.key))(t)
		if _, claims := w.claims(*pool.Id, *renewed.AccessToken); claims["device_key"] != g.key {
			t.Errorf("after a refresh, device_key is %v", claims["device_key"])
		}
	})
}

func TestWhatIsShownOfADevice(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	pool := w.tracking(true, true)
	client := w.client(pool, nil)
	w.user(pool, "ann")
	tokens := w.tokens(client, "ann")
	g := w.newGadget(client, tokens)
	if out := must(g.confirm(tokens))(t); !out.UserConfirmationNecessary {
		t.Error("the user is not to be asked, though the pool remembers devices when they say so")
	}
	shown := func() map[string]string {
		own := must(w.GetDevice(ctx, &idp.GetDeviceInput{AccessToken: tokens.AccessToken, DeviceKey: &g.key}))(t).Device
		admins := must(w.AdminGetDevice(ctx, &idp.AdminGetDeviceInput{UserPoolId: pool.Id, Username: aws.String("ann"), DeviceKey: &g.key}))(t).Device
		if a, b := string(must(json.Marshal(own))(t)), string(must(json.Marshal(admins))(t)); a != b {
			t.Errorf("the user sees\n%s, the administrator\n%s", a, b)
		}
		if own.DeviceCreateDate == nil || own.DeviceLastModifiedDate == nil || own.DeviceLastAuthenticatedDate == nil || *own.DeviceKey != g.key {
			t.Errorf("shown: %+v", own)
		}
		all := map[string]string{}
		for _, a := range own.DeviceAttributes {
			all[*a.Name] = *a.Value
		}
		return all
	}
	got := shown()
	if got["device_status"] != "valid" || got["device_name"] != "Ann's phone" || got["last_ip_used"] != "127.0.0.1" || got["dev:device_remembered_status"] != "not_remembered" ||
		!strings.HasSuffix(got["dev:device_arn"], "/device/"+g.key) {
		t.Errorf("shown: %v", got)
	}
	if begun := g.begin("ann"); begun.AuthenticationResult == nil || begun.AuthenticationResult.NewDeviceMetadata != nil {
		t.Errorf("a device that is known but not remembered: %+v", begun)
	}
	must(w.UpdateDeviceStatus(ctx, &idp.UpdateDeviceStatusInput{AccessToken: tokens.AccessToken, DeviceKey: &g.key, DeviceRememberedStatus: "remembered"}))(t)
	if got := shown(); got["dev:device_remembered_status"] != "remembered" {
		t.Errorf("shown: %v", got)
	}
	must(g.signIn("ann"))(t)
	must(w.AdminUpdateDeviceStatus(ctx, &idp.AdminUpdateDeviceStatusInput{UserPoolId: pool.Id, Username: aws.String("ann"), DeviceKey: &g.key, DeviceRememberedStatus: "not_remembered"}))(t)
	if begun := g.begin("ann"); begun.AuthenticationResult == nil {
		t.Errorf("a device that is not remembered any more was asked to prove itself: %+v", begun)
	}
	_, err := w.UpdateDeviceStatus(ctx, &idp.UpdateDeviceStatusInput{AccessToken: tokens.AccessToken, DeviceKey: &g.key, DeviceRememberedStatus: "perhaps"})
	refused(t, err, "InvalidParameterException", "")
}

func TestDeviceListsHavePages(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	pool := w.tracking(true, false)
	client := w.client(pool, nil)
	w.user(pool, "ann")
	w.user(pool, "bob")
	w.confirmed(client, "bob")
	want := map[string]bool{}
	var tokens *types.AuthenticationResultType
	for range 5 {
		var g *gadget
		g, tokens = w.confirmed(client, "ann")
		want[g.key] = true
	}
	for _, list := range []func(token *string) ([]types.DeviceType, *string){
		func(token *string) ([]types.DeviceType, *string) {
			out := must(w.ListDevices(ctx, &idp.ListDevicesInput{AccessToken: tokens.AccessToken, Limit: aws.Int32(2), PaginationToken: token}))(t)
			return out.Devices, out.PaginationToken
		},
		func(token *string) ([]types.DeviceType, *string) {
			out := must(w.AdminListDevices(ctx, &idp.AdminListDevicesInput{UserPoolId: pool.Id, Username: aws.String("ann"), Limit: aws.Int32(2), PaginationToken: token}))(t)
			return out.Devices, out.PaginationToken
		},
	} {
		got := map[string]bool{}
		page, next := list(nil)
		for {
			for _, d := range page {
				got[*d.DeviceKey] = true
			}
			if next == nil {
				break
			}
			page, next = list(next)
		}
		if len(got) != len(want) {
			t.Errorf("%d devices were listed, of %d", len(got), len(want))
		}
		for key := range got {
			if !want[key] {
				t.Errorf("listed %s, which is not ann's", key)
			}
		}
	}
	first := must(w.ListDevices(ctx, &idp.ListDevicesInput{AccessToken: tokens.AccessToken, Limit: aws.Int32(2)}))(t)
	_, err := w.AdminListDevices(ctx, &idp.AdminListDevicesInput{UserPoolId: pool.Id, Username: aws.String("bob"), PaginationToken: first.PaginationToken})
	refused(t, err, "InvalidParameterException", "Invalid pagination token provided.")
}

func TestAForgottenDeviceIsNoneAnyMore(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		ctx := context.Background()
		pool := w.tracking(true, false)
		client := w.client(pool, nil)
		w.user(pool, "ann")
		other, otherTokens := w.confirmed(client, "ann")
		for name, forget := range map[string]func(*gadget, *types.AuthenticationResultType) error{
			"by the user": func(g *gadget, tokens *types.AuthenticationResultType) error {
				_, err := w.ForgetDevice(ctx, &idp.ForgetDeviceInput{AccessToken: tokens.AccessToken, DeviceKey: &g.key})
				return err
			},
			"by an administrator": func(g *gadget, _ *types.AuthenticationResultType) error {
				_, err := w.AdminForgetDevice(ctx, &idp.AdminForgetDeviceInput{UserPoolId: pool.Id, Username: aws.String("ann"), DeviceKey: &g.key})
				return err
			},
		} {
			t.Run(name, func(t *testing.T) {
				g, tokens := w.confirmed(client, "ann")
				second := must(g.signIn("ann"))(t)
				waiting := g.begin("ann")
				if err := forget(g, tokens); err != nil {
					t.Fatal(err)
				}
				for _, token := range []*string{tokens.RefreshToken, second.RefreshToken} {
					for _, key := range []string{"", g.key} {
						_, err := g.refresh(token, key)
						refused(t, err, "NotAuthorizedException", "Invalid Refresh Token")
					}
				}
				_, _, err := g.offer(waiting.Session, "ann")
				refused(t, err, "ResourceNotFoundException", "Device does not exist.")
				if begun := g.begin("ann"); begun.AuthenticationResult == nil || begun.AuthenticationResult.NewDeviceMetadata == nil || *begun.AuthenticationResult.NewDeviceMetadata.DeviceKey == g.key {
					t.Errorf("signing in on a forgotten device: %+v", begun)
				}
				// The bearer goes on, but cannot bring the device back.
				must(w.ListDevices(ctx, &idp.ListDevicesInput{AccessToken: tokens.AccessToken}))(t)
				_, err = g.confirm(tokens)
				refused(t, err, "ResourceNotFoundException", "Device does not exist.")
				_, err = g.confirm(second)
				refused(t, err, "ResourceNotFoundException", "Device does not exist.")
				refused(t, forget(g, tokens), "ResourceNotFoundException", "Device does not exist.")
			})
		}
		must(other.refresh(otherTokens.RefreshToken, other.key))(t)
		must(other.signIn("ann"))(t)
	})
}

func TestConfirmationsThatAreRefused(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	pool, plain := w.tracking(true, false), w.pool(nil)
	client, sibling, untracked := w.client(pool, nil), w.client(pool, nil), w.client(plain, nil)
	for _, name := range []string{"ann", "bob"} {
		w.user(pool, name)
	}
	w.user(plain, "ann")
	tokens := w.tokens(client, "ann")
	g := w.newGadget(client, tokens)
	good := g.secret()
	one := base64.StdEncoding.EncodeToString([]byte{1})
	for _, c := range []struct {
		name   string
		access *string
		key    string
		label  string
		secret *types.DeviceSecretVerifierConfigType
		code   string
	}{
		{"another user's key", w.tokens(client, "bob").AccessToken, g.key, "x", good, "ResourceNotFoundException"},
		{"the key of another sign-in", w.tokens(client, "ann").AccessToken, g.key, "x", good, "ResourceNotFoundException"},
		{"another client's sign-in", w.tokens(sibling, "ann").AccessToken, g.key, "x", good, "ResourceNotFoundException"},
		{"a key that nobody was given", tokens.AccessToken, "eu-west-1_00000000-0000-4000-8000-000000000000", "x", good, "ResourceNotFoundException"},
		{"what is no key", tokens.AccessToken, "phone", "x", good, "ResourceNotFoundException"},
		{"a long key", tokens.AccessToken, g.key + strings.Repeat("0", 60), "x", good, "ResourceNotFoundException"},
		{"an ID token", tokens.IdToken, g.key, "x", good, "NotAuthorizedException"},
		{"a pool that tracks no devices", w.tokens(untracked, "ann").AccessToken, g.key, "x", good, "InvalidUserPoolConfigurationException"},
		{"a long name", tokens.AccessToken, g.key, strings.Repeat("n", 1025), good, "InvalidParameterException"},
		{"a verifier that is no base64", tokens.AccessToken, g.key, "x", &types.DeviceSecretVerifierConfigType{Salt: good.Salt, PasswordVerifier: aws.String("%")}, "InvalidParameterException"},
		{"the verifier of every password", tokens.AccessToken, g.key, "x", &types.DeviceSecretVerifierConfigType{Salt: good.Salt, PasswordVerifier: &one}, "InvalidParameterException"},
		{"a huge verifier", tokens.AccessToken, g.key, "x", &types.DeviceSecretVerifierConfigType{Salt: good.Salt, PasswordVerifier: aws.String(strings.Repeat("AAAA", 200) + strings.Repeat("QUFB", 200))}, "InvalidParameterException"},
		{"no salt", tokens.AccessToken, g.key, "x", &types.DeviceSecretVerifierConfigType{PasswordVerifier: good.PasswordVerifier}, "InvalidParameterException"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := w.ConfirmDevice(ctx, &idp.ConfirmDeviceInput{AccessToken: c.access, DeviceKey: &c.key, DeviceName: &c.label, DeviceSecretVerifierConfig: c.secret})
			refused(t, err, c.code, "")
		})
	}
	must(g.confirm(tokens))(t)
	_, err := g.confirm(tokens)
	refused(t, err, "DeviceKeyExistsException", "")
	must(g.signIn("ann"))(t)
}

func TestConfirmingADeviceAtOnce(t *testing.T) {
	onEveryEngine(t, func(t *testing.T, w *world) {
		pool := w.tracking(true, false)
		client := w.client(pool, nil)
		w.user(pool, "ann")
		tokens := w.tokens(client, "ann")
		g := w.newGadget(client, tokens)
		errs := make([]error, 6)
		var group sync.WaitGroup
		for i := range errs {
			group.Go(func() { _, errs[i] = g.confirm(tokens) })
		}
		group.Wait()
		won := 0
		for _, err := range errs {
			if err == nil {
				won++
			} else {
				refused(t, err, "DeviceKeyExistsException", "")
			}
		}
		if won != 1 {
			t.Errorf("%d confirmations won", won)
		}
	})
}

func TestAUserHasABoundedNumberOfDevices(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	pool := w.tracking(true, false)
	client := w.client(pool, nil)
	w.user(pool, "ann")
	oldest, oldestTokens := w.confirmed(client, "ann")
	w.clock.Advance(time.Minute)
	used, _ := w.confirmed(client, "ann")
	for range 98 {
		w.confirmed(client, "ann")
	}
	w.clock.Advance(time.Minute)
	must(used.signIn("ann"))(t)
	_, tokens := w.confirmed(client, "ann")
	_, err := w.GetDevice(ctx, &idp.GetDeviceInput{AccessToken: tokens.AccessToken, DeviceKey: &oldest.key})
	refused(t, err, "ResourceNotFoundException", "Device does not exist.")
	_, err = oldest.refresh(oldestTokens.RefreshToken, oldest.key)
	refused(t, err, "NotAuthorizedException", "Invalid Refresh Token")
	must(w.GetDevice(ctx, &idp.GetDeviceInput{AccessToken: tokens.AccessToken, DeviceKey: &used.key}))(t)
}

func TestTheDatabaseHoldsNoVerifierOfADeviceInPlain(t *testing.T) {
	w := newWorld(t)
	pool := w.tracking(true, false)
	client := w.client(pool, nil)
	w.user(pool, "ann")
	tokens := w.tokens(client, "ann")
	g := w.newGadget(client, tokens)
	secret := g.secret()
	must(w.ConfirmDevice(context.Background(), &idp.ConfirmDeviceInput{AccessToken: tokens.AccessToken, DeviceKey: &g.key, DeviceSecretVerifierConfig: secret}))(t)
	rows := must(w.service.Devices(context.Background(), *pool.Id))(t)
	if len(rows) != 1 || len(rows[0].Secret) == 0 {
		t.Fatalf("rows: %+v", rows)
	}
	text := string(must(json.Marshal(rows))(t)) + string(rows[0].Secret) + hex.EncodeToString(rows[0].Secret)
	for _, part := range []string{*secret.Salt, *secret.PasswordVerifier} {
		raw := must(base64.StdEncoding.DecodeString(part))(t)
		for _, form := range []string{part[4:20], string(raw[4:16]), hex.EncodeToString(raw[4:16])} {
			if strings.Contains(text, form) {
				t.Error("the row holds a part of the secret in plain")
			}
		}
	}
}
