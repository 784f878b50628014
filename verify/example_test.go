package verify_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"strings"
	"time"

	"github.com/sallyport/sallyport/verify"
)

// Guard an HTTP API with the access tokens of a user pool.
func Example() {
	userPoolIssuer, err := verify.UserPoolIssuer("eu-west-1_AbCdEf123")
	if err != nil {
		log.Fatal(err)
	}
	keys, err := verify.NewRemoteKeys(userPoolIssuer + "/.well-known/jwks.json")
	if err != nil {
		log.Fatal(err)
	}
	defer keys.Close()
	verifier, err := verify.NewAccessToken(userPoolIssuer, verify.Clients("1example23456789"), keys,
		verify.WithAllScopes("pizza/order"), verify.WithCache(1000))
	if err != nil {
		log.Fatal(err)
	}

	http.HandleFunc("POST /orders", func(w http.ResponseWriter, r *http.Request) {
		bearer, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		token, err := verifier.Verify(r.Context(), bearer)
		switch {
		case err == nil:
			fmt.Fprintf(w, "Welcome, %s\n", token.Username())
		case errors.Is(err, verify.ErrKeysUnavailable):
			http.Error(w, "try again", http.StatusServiceUnavailable)
		case errors.Is(err, verify.ErrScope):
			http.Error(w, "forbidden", http.StatusForbidden)
		default:
			log.Print(err) // says which check refused; holds no token
			http.Error(w, "unauthorized", http.StatusUnauthorized)
		}
	})
}

// An application learns who has signed in from an ID token.
func ExampleNewIDToken() {
	verifier, err := verify.NewIDToken(issuer, verify.Clients(clientID), examplePool, verify.WithClock(atTestNow))
	if err != nil {
		log.Fatal(err)
	}
	token, err := verifier.Verify(context.Background(), idSigner().token(idClaims()))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(token.Username(), token.Text("email"), token.Groups())

	// An access token of the same user is not an ID token.
	_, err = verifier.Verify(context.Background(), idSigner().token(accessClaims()))
	fmt.Println(err)
	// Output:
	// regular regular@example.com [cooks guests]
	// verify: the token is of another kind: an ID token is due (expected "id", found "access")
}

// Accept the tokens that API Gateway's JWT authorizer accepts: RSA signatures,
// either kind of token, client_id where there is no aud.
func ExampleNewJWT() {
	verifier, err := verify.NewJWT(issuer, verify.Clients(clientID), examplePool,
		verify.WithAlgorithms(verify.RS256, verify.RS384, verify.RS512),
		verify.WithClientIDFallback(),
		verify.WithClock(atTestNow))
	if err != nil {
		log.Fatal(err)
	}
	for _, text := range []string{idSigner().token(idClaims()), accessSigner().token(accessClaims())} {
		token, err := verifier.Verify(context.Background(), text)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(token.Use(), token.HasScope("pizza/read"))
	}
	// Output:
	// id false
	// access true
}

// Find the keys of a provider that is not Cognito.
func ExampleDiscover() {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	keys, err := verify.Discover(ctx, "https://accounts.example.com")
	if err != nil {
		log.Print(err)
		return
	}
	defer keys.Close()
	verifier, err := verify.NewJWT("https://accounts.example.com", verify.Clients("https://api.example.com"), keys)
	if err != nil {
		log.Print(err)
		return
	}
	_ = verifier
}

// What refused a token, for a log or a metric.
func ExampleError() {
	verifier, err := verify.NewAccessToken(issuer, verify.Clients(clientID), examplePool, verify.WithClock(atTestNow))
	if err != nil {
		log.Fatal(err)
	}
	_, err = verifier.Verify(context.Background(), accessSigner().token(accessClaims(claims{"client_id": "another-app"})))
	var refusal *verify.Error
	if errors.As(err, &refusal) {
		fmt.Println(refusal.Check, refusal.Found)
	}
	// Output: audience another-app
}

// examplePool stands for the keys of a user pool.
var examplePool = keysFunc(func(_ context.Context, keyID string) (verify.Key, error) {
	for _, s := range []signer{accessSigner(), idSigner()} {
		if s.id == keyID {
			return verify.NewKey(s.id, s.private.Public(), s.algorithm)
		}
	}
	return verify.Key{}, verify.ErrUnknownKey
})
