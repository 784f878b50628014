package userpool_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/store"
)

// A pool that holds a hundred times as many users must not find one of them
// slower.
func BenchmarkFindingOneUserOf(b *testing.B) {
	for _, users := range []int{1000, 100_000} {
		w := newWorldOn(b, store.Options{File: filepath.Join(b.TempDir(), "data", "sallyport.db")})
		pool := w.pool(func(in *idp.CreateUserPoolInput) { in.AliasAttributes = []types.AliasAttributeType{"email"} })
		subs, err := w.service.Populate(context.Background(), *pool.Id, users)
		if err != nil {
			b.Fatal(err)
		}
		by := func(name func(i int) string) func(b *testing.B) {
			return func(b *testing.B) {
				b.ReportAllocs()
				defer reportCPU(b)()
				for i := 0; b.Loop(); i++ {
					wanted := name(i * 7919 % users)
					if _, err := w.service.AdminGetUser(context.Background(), w.call(), &idp.AdminGetUserInput{UserPoolId: pool.Id, Username: &wanted}); err != nil {
						b.Fatal(err)
					}
				}
			}
		}
		b.Run(fmt.Sprintf("%d/name", users), by(func(i int) string { return fmt.Sprintf("user%07d", i) }))
		b.Run(fmt.Sprintf("%d/email", users), by(func(i int) string { return fmt.Sprintf("user%07d@example.com", i) }))
		b.Run(fmt.Sprintf("%d/sub", users), by(func(i int) string { return subs[i] }))
		for filter, name := range map[string]string{
			`email = "user0000500@example.com"`:   "filter one",
			`email ^= "user0000"`:                 "filter many",
			`status = "Disabled"`:                 "filter state",
			`cognito:user_status = "UNCONFIRMED"`: "filter status",
		} {
			b.Run(fmt.Sprintf("%d/%s", users, name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					if _, err := w.service.ListUsers(context.Background(), w.call(), &idp.ListUsersInput{UserPoolId: pool.Id, Filter: &filter}); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
