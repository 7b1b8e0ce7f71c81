// SPDX-License-Identifier: MIT

// A client of `jig agent`, see jig-agent(7): start a server, wait until it is ready,
// stop it. However this program ends, no process of the server is left.
package main

import (
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
)

type object = map[string]any

type agent struct {
	to   *json.Encoder
	from *json.Decoder
	last float64
}

func (a *agent) call(method string, params object) object {
	a.last++
	a.to.Encode(object{"jsonrpc": "2.0", "id": a.last, "method": method, "params": params})
	for {
		var message object
		if err := a.from.Decode(&message); err != nil {
			log.Fatal(err)
		}
		if message["id"] != a.last { // a notification
			continue
		}
		if fault, ok := message["error"].(object); ok {
			log.Fatal(fault["message"])
		}
		return message["result"].(object)
	}
}

func main() {
	program := os.Getenv("JIG_PROGRAM")
	if program == "" {
		program = "jig"
	}
	command := exec.Command(program, "agent")
	var to io.Writer
	to, _ = command.StdinPipe()
	from, _ := command.StdoutPipe()
	if err := command.Start(); err != nil {
		log.Fatal(err)
	}
	a := agent{to: json.NewEncoder(to), from: json.NewDecoder(from)}
	a.call("initialize", object{"protocol": 1})
	started := a.call("start", object{
		"fixture": "web", "port": []string{"web"}, "ready": "http:{web}/",
		"command": "exec /usr/bin/python3 -m http.server -b 127.0.0.1 {port:web}",
	})
	a.call("wait", object{"fixture": "web"})
	fmt.Println("ready at", started["addresses"].(object)["web"].(object)["address"])
	ended := a.call("stop", object{"fixture": "web", "wait": true})
	empty := ended["report"].(object)["cage"].(object)["proved_empty"]
	fmt.Printf("ended with %v, proved empty: %v\n", ended["code"], empty)
}
