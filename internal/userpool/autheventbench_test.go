package userpool_test

import (
	"context"
	"path/filepath"
	"testing"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/store"
)

// What it costs a sign-in that it is noted: the hash is a cheap one here, or
// nothing could be told from its price.
func BenchmarkASignInThatIs(b *testing.B) {
	for name, mode := range map[string]types.AdvancedSecurityModeType{"not noted": "OFF", "noted": "AUDIT"} {
		b.Run(name, func(b *testing.B) {
			w := newWorldOn(b, store.Options{File: filepath.Join(b.TempDir(), "data", "sallyport.db")})
			pool := w.pool(func(in *idp.CreateUserPoolInput) {
				in.UserPoolAddOns = &types.UserPoolAddOnsType{AdvancedSecurityMode: mode}
			})
			c := w.client(pool, nil)
			w.user(pool, "ann")
			in := &idp.InitiateAuthInput{ClientId: c.ClientId, AuthFlow: "USER_PASSWORD_AUTH", AuthParameters: map[string]string{"USERNAME": "ann", "PASSWORD": password}}
			b.ReportAllocs()
			defer reportCPU(b)()
			for b.Loop() {
				if _, err := w.service.InitiateAuth(context.Background(), w.call(), in); err != nil {
					b.Fatal(err)
				}
			}
			if err := w.service.WriteEvents(context.Background()); err != nil {
				b.Fatal(err)
			}
		})
	}
}
