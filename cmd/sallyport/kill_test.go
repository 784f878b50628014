package main

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	idp "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider"
	idptypes "github.com/aws/aws-sdk-go-v2/service/cognitoidentityprovider/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	lambdatypes "github.com/aws/aws-sdk-go-v2/service/lambda/types"

	"github.com/sallyport/sallyport/internal/awsapi/awsapitest"
)

const (
	rootKey    = "AKIAIOSFODNN7EXAMPLE"
	rootSecret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
)

var rootEnv = []string{"SALLYPORT_ROOT_ACCESS_KEY_ID=" + rootKey, "SALLYPORT_ROOT_SECRET_ACCESS_KEY=" + rootSecret}

func rootOf(address string) aws.Config {
	return aws.Config{Region: "us-east-1", BaseEndpoint: aws.String("http://" + address),
		HTTPClient:  awsapitest.Client(),
		Retryer:     func() aws.Retryer { return aws.NopRetryer{} },
		Credentials: credentials.NewStaticCredentialsProvider(rootKey, rootSecret, "")}
}

func clients(address string) (*idp.Client, *lambda.Client) {
	c := rootOf(address)
	return idp.NewFromConfig(c), lambda.NewFromConfig(c)
}

// roleOf makes the role that the functions of node run as.
func roleOf(t testing.TB, address string) {
	t.Helper()
	_, err := iam.NewFromConfig(rootOf(address)).CreateRole(t.Context(), &iam.CreateRoleInput{RoleName: aws.String("pizza"), AssumeRolePolicyDocument: aws.String(
		`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:AssumeRole"}}`)})
	if err != nil {
		t.Fatal(err)
	}
}

// family is a function that has a child, and tells its own process and the child's.
const family = `const { spawn } = require("node:child_process")
const child = spawn("/bin/sleep", ["1000"], { stdio: "ignore" })
exports.handler = async () => [process.pid, child.pid]`

func node(t testing.TB, name, source string) *lambda.CreateFunctionInput {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	f, err := z.Create("index.js")
	if err == nil {
		_, err = io.WriteString(f, source)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return &lambda.CreateFunctionInput{FunctionName: &name, Runtime: lambdatypes.RuntimeNodejs22x, Handler: aws.String("index.handler"), Timeout: aws.Int32(30),
		Role: aws.String("arn:aws:iam::000000000000:role/pizza"), Code: &lambdatypes.FunctionCode{ZipFile: b.Bytes()}}
}

func alive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !strings.Contains(string(stat), ") Z ")
}

func TestAKilledServerHasKeptWhatItAcknowledged(t *testing.T) {
	address, data := freeAddress(t), filepath.Join(t.TempDir(), "data")
	pools, functions := clients(address)
	p := serve(t, address, rootEnv, "--data", data)
	ctx := t.Context()
	pool, err := pools.CreateUserPool(ctx, &idp.CreateUserPoolInput{PoolName: aws.String("kept")})
	if err != nil {
		t.Fatal(err)
	}
	id := pool.UserPool.Id
	roleOf(t, address)
	if _, err := functions.CreateFunction(ctx, node(t, "family", family)); err != nil {
		t.Fatal(err)
	}
	invoke := func() (pids []int) {
		t.Helper()
		out, err := functions.Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String("family")})
		if err != nil {
			t.Fatal(err)
		}
		if json.Unmarshal(out.Payload, &pids) != nil || len(pids) != 2 || !alive(pids[0]) || !alive(pids[1]) {
			t.Fatalf("the function answers %s", out.Payload)
		}
		return pids
	}
	processes := invoke()

	// Each writer makes one kind of thing, until the server is gone. What it made
	// can be asked for again.
	type made struct {
		what string
		look func() error
	}
	writes := []func(n int) (made, error){
		func(n int) (made, error) {
			name := fmt.Sprintf("user-%d", n)
			_, err := pools.AdminCreateUser(ctx, &idp.AdminCreateUserInput{UserPoolId: id, Username: &name, MessageAction: idptypes.MessageActionTypeSuppress})
			return made{name, func() error {
				_, err := pools.AdminGetUser(ctx, &idp.AdminGetUserInput{UserPoolId: id, Username: &name})
				return err
			}}, err
		},
		func(n int) (made, error) {
			out, err := pools.CreateUserPoolClient(ctx, &idp.CreateUserPoolClientInput{UserPoolId: id, ClientName: aws.String(fmt.Sprintf("client-%d", n)), GenerateSecret: true})
			if err != nil {
				return made{}, err
			}
			return made{*out.UserPoolClient.ClientName, func() error {
				now, err := pools.DescribeUserPoolClient(ctx, &idp.DescribeUserPoolClientInput{UserPoolId: id, ClientId: out.UserPoolClient.ClientId})
				if err == nil && *now.UserPoolClient.ClientSecret != *out.UserPoolClient.ClientSecret {
					err = fmt.Errorf("it has another secret")
				}
				return err
			}}, nil
		},
		func(n int) (made, error) {
			in := node(t, fmt.Sprintf("function-%d", n), "exports.handler = async () => 1")
			_, err := functions.CreateFunction(ctx, in)
			return made{*in.FunctionName, func() error {
				out, err := functions.GetFunction(ctx, &lambda.GetFunctionInput{FunctionName: in.FunctionName})
				if err != nil {
					return err
				}
				response, err := http.Get(*out.Code.Location)
				if err != nil {
					return err
				}
				defer response.Body.Close()
				if code, err := io.ReadAll(response.Body); err != nil || !bytes.Equal(code, in.Code.ZipFile) {
					return fmt.Errorf("its code is %d bytes, not %d (%v)", len(code), len(in.Code.ZipFile), err)
				}
				return nil
			}}, err
		},
	}
	var mu sync.Mutex
	var acknowledged []made
	var writers, halfway sync.WaitGroup
	for _, write := range writes {
		halfway.Add(1)
		writers.Go(func() {
			for n := 0; ; n++ {
				m, err := write(n)
				if err != nil {
					if n < 10 {
						t.Errorf("before the kill: %v", err)
						halfway.Done()
					}
					return
				}
				mu.Lock()
				acknowledged = append(acknowledged, m)
				mu.Unlock()
				if n == 9 {
					halfway.Done()
				}
			}
		})
	}
	halfway.Wait()
	p.kill()
	writers.Wait()
	p.waitFor(t, "the function has ended with its server", func() bool { return !alive(processes[0]) })

	restarted := serve(t, address, rootEnv, "--data", data)
	for _, m := range acknowledged {
		if err := m.look(); err != nil {
			t.Errorf("%s was acknowledged: %v", m.what, err)
		}
	}
	restarted.waitFor(t, "what the function had started has ended, too", func() bool { return !alive(processes[1]) })
	processes = invoke()

	// Ended in peace, a server takes everything along at once.
	restarted.interrupt(t)
	if alive(processes[0]) || alive(processes[1]) {
		t.Error("a function outlives a server that was stopped")
	}
	runs, err := filepath.Glob(filepath.Join(data, "functions", "run", "run-*"))
	if err != nil || len(runs) != 0 {
		t.Errorf("temporary files are left: %v, %v", runs, err)
	}
}
