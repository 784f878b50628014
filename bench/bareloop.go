package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
)

// bareLoopArgument makes this program the loop, so that it is a process of its own.
const bareLoopArgument = "bare-runtime-api-loop"

// loopFunctions is how many processes of the function wait for events: as many
// as Sallyport starts for the connections of a run, at most.
const loopFunctions = 8

// bareEvent has the size of what a guarded request becomes. The loop makes nothing
// of its own requests: an event for nothing is the cheapest there is.
var bareEvent = []byte(`{"resource":"/lambda","path":"/lambda","httpMethod":"GET","headers":{"Accept":"*/*","Authorization":"` + strings.Repeat("x", 900) + `",
"Host":"abcdefghij.execute-api.us-east-1.localhost"},"multiValueHeaders":{"Accept":["*/*"],"Authorization":["` + strings.Repeat("x", 900) + `"]},
"requestContext":{"accountId":"000000000000","apiId":"abcdefghij","authorizer":{"claims":{"aud":"` + strings.Repeat("y", 26) + `","sub":"` + strings.Repeat("z", 36) + `",
"token_use":"id","cognito:username":"ann"}},"httpMethod":"GET","resourcePath":"/lambda","stage":"prod","identity":{"sourceIp":"127.0.0.1"}},"body":null,"isBase64Encoded":false}`)

// invocation is one request on its way through a function.
type invocation struct {
	id     string
	answer chan []byte
}

// bareLoop is the least that runs functions behind HTTP with what Go brings: a
// Runtime API and a front, both net/http; no checks, limits, logs or pool.
func bareLoop(function string, out io.Writer) error {
	waiting := make(chan *invocation)
	slots := make([]chan *invocation, loopFunctions) // one answer is due in each
	for i := range slots {
		slots[i] = make(chan *invocation, 1)
		if err := runtimeAPI(function, waiting, slots[i]); err != nil {
			return err
		}
	}
	front, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "ready at http://%s\n", front.Addr())
	go http.Serve(front, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i := &invocation{id: "8476a536-e9f4-11e8-9739-2dfe598c3fcd", answer: make(chan []byte, 1)}
		waiting <- i
		var answer struct {
			StatusCode int
			Headers    map[string]string
			Body       string
		}
		if err := json.Unmarshal(<-i.answer, &answer); err != nil {
			http.Error(w, "bad answer", http.StatusBadGateway)
			return
		}
		for name, value := range answer.Headers {
			w.Header().Set(name, value)
		}
		w.WriteHeader(answer.StatusCode)
		_, _ = io.WriteString(w, answer.Body)
	}))
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM, syscall.SIGINT)
	<-ended
	return nil
}

// runtimeAPI starts one process of the function, and serves its events.
func runtimeAPI(function string, waiting chan *invocation, due chan *invocation) error {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /2018-06-01/runtime/invocation/next", func(w http.ResponseWriter, r *http.Request) {
		i := <-waiting
		due <- i
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", i.id)
		w.Header().Set("Lambda-Runtime-Deadline-Ms", "99999999999999")
		_, _ = w.Write(bareEvent)
	})
	mux.HandleFunc("POST /2018-06-01/runtime/invocation/{id}/response", func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusAccepted)
		(<-due).answer <- body
	})
	go http.Serve(l, mux)
	c := exec.Command(function)
	c.Env = []string{"AWS_LAMBDA_RUNTIME_API=" + l.Addr().String(), "GOMAXPROCS=1"}
	c.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return c.Start()
}
