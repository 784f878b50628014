package userpool_test

import (
	"context"
	"fmt"
	"testing"

	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	"github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"

	"github.com/sallyport/sallyport/internal/store/storetest"
)

// A pool that holds a thousand times as many users must not find one of them
// slower, whatever they are called by. That of a million takes minutes to fill:
// go test -run '^$' -bench FindingOneUserOf -timeout 2h ./internal/userpool
func BenchmarkFindingOneUserOf(b *testing.B) {
	for _, e := range storetest.Engines[1:] { // not the one in memory
		b.Run(e.Name, func(b *testing.B) {
			for _, users := range []int{1000, 1_000_000} {
				b.Run(fmt.Sprint(users), func(b *testing.B) {
					w := newWorldOn(b, e.Options(b))
					pool := w.pool(func(in *idp.CreateUserPoolInput) { in.AliasAttributes = []types.AliasAttributeType{"email"} })
					together := 1 // SQLite has one writer
					if e.Name == "PostgreSQL" {
						together = 8
					}
					subs, err := w.service.Populate(context.Background(), *pool.Id, users, together)
					if err != nil {
						b.Fatal(err)
					}
					benchmarkLookups(b, w, pool, subs)
				})
			}
		})
	}
}

func benchmarkLookups(b *testing.B, w *world, pool *types.UserPoolType, subs []string) {
	client := w.client(pool, func(in *idp.CreateUserPoolClientInput) {
		in.PreventUserExistenceErrors = types.PreventUserExistenceErrorTypesEnabled
		in.ExplicitAuthFlows = []types.ExplicitAuthFlowsType{"ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"}
	})
	byName := func(i int) string { return fmt.Sprintf("user%07d", i) }
	byEmail := func(i int) string { return byName(i) + "@example.com" }
	bySub := func(i int) string { return subs[i] }
	each := func(name string, of func(i int) string, find func(name string) error) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			defer reportCPU(b)()
			for i := 0; b.Loop(); i++ {
				if err := find(of(i * 7919 % len(subs))); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	get := func(name string) error {
		_, err := w.service.AdminGetUser(context.Background(), w.call(), &idp.AdminGetUserInput{UserPoolId: pool.Id, Username: &name})
		return err
	}
	// The first call of a proof: it finds the user and does some arithmetic.
	initiate := func(name string) error {
		_, err := w.service.InitiateAuth(context.Background(), w.call(), &idp.InitiateAuthInput{
			ClientId: client.ClientId, AuthFlow: types.AuthFlowTypeUserSrpAuth, AuthParameters: map[string]string{"USERNAME": name, "SRP_A": "02"},
		})
		return err
	}
	each("name", byName, get)
	each("email", byEmail, get)
	each("sub", bySub, get)
	each("InitiateAuth by name", byName, initiate)
	each("InitiateAuth by email", byEmail, initiate)
	each("InitiateAuth of nobody", func(i int) string { return "nobody" + byName(i) }, initiate)
	for name, filter := range map[string]string{
		"filter one":    `email = "user0000500@example.com"`,
		"filter many":   `email ^= "user0000"`,
		"filter state":  `status = "Disabled"`,
		"filter status": `cognito:user_status = "UNCONFIRMED"`,
	} {
		each(name, func(int) string { return filter }, func(filter string) error {
			_, err := w.service.ListUsers(context.Background(), w.call(), &idp.ListUsersInput{UserPoolId: pool.Id, Filter: &filter})
			return err
		})
	}
}
