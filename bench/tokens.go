package main

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
)

// circle is how many tokens the runs without cache go round: Sallyport remembers
// the last 4,096 of a pool.
const circle = 6000

// tokens are a user pool and what it has signed.
type tokens struct {
	poolARN, issuer string
	client          string // the audience
	key             *rsa.PublicKey
	good            []string // ID tokens, all different
	forged          string   // the claims of a good one, signed by a key of nobody
}

// makeTokens signs a user in, and refreshes until the circle is full.
func makeTokens(ctx context.Context, address string, c aws.Config) (*tokens, error) {
	pools := idp.NewFromConfig(c)
	pool, err := pools.CreateUserPool(ctx, &idp.CreateUserPoolInput{PoolName: aws.String("bench")})
	if err != nil {
		return nil, err
	}
	id := pool.UserPool.Id
	client, err := pools.CreateUserPoolClient(ctx, &idp.CreateUserPoolClientInput{
		UserPoolId: id, ClientName: aws.String("bench"),
		ExplicitAuthFlows: []types.ExplicitAuthFlowsType{types.ExplicitAuthFlowsTypeAllowAdminUserPasswordAuth, types.ExplicitAuthFlowsTypeAllowRefreshTokenAuth},
	})
	if err != nil {
		return nil, err
	}
	name, password := aws.String("ann"), aws.String("Pineapple-4-ever")
	if _, err := pools.AdminCreateUser(ctx, &idp.AdminCreateUserInput{UserPoolId: id, Username: name, MessageAction: types.MessageActionTypeSuppress}); err != nil {
		return nil, err
	}
	if _, err := pools.AdminSetUserPassword(ctx, &idp.AdminSetUserPasswordInput{UserPoolId: id, Username: name, Password: password, Permanent: true}); err != nil {
		return nil, err
	}
	first, err := pools.AdminInitiateAuth(ctx, &idp.AdminInitiateAuthInput{
		UserPoolId: id, ClientId: client.UserPoolClient.ClientId, AuthFlow: types.AuthFlowTypeAdminUserPasswordAuth,
		AuthParameters: map[string]string{"USERNAME": *name, "PASSWORD": *password},
	})
	if err != nil {
		return nil, err
	}
	t := &tokens{poolARN: *pool.UserPool.Arn, client: *client.UserPoolClient.ClientId, good: make([]string, circle)}
	var group sync.WaitGroup
	failures := make([]error, 4)
	for worker := range failures {
		group.Go(func() {
			for i := worker; i < circle; i += len(failures) {
				got, err := pools.InitiateAuth(ctx, &idp.InitiateAuthInput{
					ClientId: client.UserPoolClient.ClientId, AuthFlow: types.AuthFlowTypeRefreshTokenAuth,
					AuthParameters: map[string]string{"REFRESH_TOKEN": *first.AuthenticationResult.RefreshToken},
				})
				if err != nil {
					failures[worker] = err
					return
				}
				t.good[i] = *got.AuthenticationResult.IdToken
			}
		})
	}
	group.Wait()
	if err := errors.Join(failures...); err != nil {
		return nil, err
	}
	different := map[string]bool{}
	for _, token := range t.good {
		different[token] = true
	}
	if len(different) != circle {
		return nil, fmt.Errorf("of %d tokens only %d are different", circle, len(different))
	}
	if err := t.read(ctx, address+"/"+*id); err != nil {
		return nil, err
	}
	t.forged, err = forge(t.good[0])
	return t, err
}

// read takes the issuer and the key from what the pool publishes.
func (t *tokens) read(ctx context.Context, pool string) error {
	var keys struct{ Keys []struct{ Kid, N, E string } }
	if err := getJSON(ctx, pool+"/.well-known/jwks.json", &keys); err != nil {
		return err
	}
	head, payload, _ := strings.Cut(t.good[0], ".")
	payload, _, _ = strings.Cut(payload, ".")
	var header struct{ Kid string }
	var claims struct{ Iss string }
	if err := errors.Join(decode(head, &header), decode(payload, &claims)); err != nil {
		return err
	}
	t.issuer = claims.Iss
	for _, k := range keys.Keys {
		if k.Kid != header.Kid {
			continue
		}
		n, err := base64.RawURLEncoding.DecodeString(k.N)
		if err != nil {
			return err
		}
		e, err := base64.RawURLEncoding.DecodeString(k.E)
		if err != nil {
			return err
		}
		t.key = &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}
		return nil
	}
	return errors.New("the pool does not publish the key of its own tokens")
}

func getJSON(ctx context.Context, url string, into any) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	got, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer got.Body.Close()
	return json.NewDecoder(got.Body).Decode(into)
}

func decode(part string, into any) error {
	text, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, into)
}

// forge signs what a good token says with another key of the same size, so that
// refusing it costs a whole check.
func forge(good string) (string, error) {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return "", err
	}
	signed := good[:strings.LastIndexByte(good, '.')]
	digest := sha256.Sum256([]byte(signed))
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature), err
}
