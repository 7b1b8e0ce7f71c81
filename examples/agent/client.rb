# SPDX-License-Identifier: MIT
# A client of `jig agent`, see jig-agent(7): start a server, wait until it is ready,
# stop it. However this program ends, no process of the server is left.
require 'json'

class Agent
  def initialize
    @pipe = IO.popen([ENV.fetch('JIG_PROGRAM', 'jig'), 'agent'], 'r+')
    @id = 0
    call('initialize', protocol: 1)
  end

  def call(method, **params)
    @pipe.puts(JSON.generate(jsonrpc: '2.0', id: @id += 1, method:, params:))
    loop do
      message = JSON.parse(@pipe.readline)
      next if message['id'] != @id # a notification
      raise message['error']['message'] if message['error']

      return message['result']
    end
  end
end

agent = Agent.new
started = agent.call('start', fixture: 'web', port: ['web'], ready: 'http:{web}/',
                     command: 'exec /usr/bin/python3 -m http.server -b 127.0.0.1 {port:web}')
agent.call('wait', fixture: 'web')
puts "ready at #{started['addresses']['web']['address']}"
ended = agent.call('stop', fixture: 'web', wait: true)
puts "ended with #{ended['code']}, proved empty: #{ended['report']['cage']['proved_empty']}"
