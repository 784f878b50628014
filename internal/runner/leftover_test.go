package runner_test

func serveUntilKilled() {}
