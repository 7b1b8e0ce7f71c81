# SPDX-License-Identifier: MIT
# A client of `jig agent`, see jig-agent(7): start a server, wait until it is ready,
# stop it. However this program ends, no process of the server is left.
use strict;
use warnings;
use IPC::Open2;
use JSON::PP;

open2(my $from, my $to, $ENV{JIG_PROGRAM} // 'jig', 'agent');
my $last = 0;

sub call {
    my ($method, %params) = @_;
    my %request = (jsonrpc => '2.0', id => ++$last, method => $method, params => \%params);
    print {$to} encode_json(\%request), "\n";
    while (my $line = <$from>) {
        my $message = decode_json($line);
        next if ($message->{id} // 0) != $last;    # a notification
        die "$message->{error}{message}\n" if $message->{error};
        return $message->{result};
    }
    die "the agent has ended\n";
}

$| = 1;
call('initialize', protocol => 1);
my $started = call('start', fixture => 'web', port => ['web'], ready => 'http:{web}/',
    command => 'exec /usr/bin/python3 -m http.server -b 127.0.0.1 {port:web}');
call('wait', fixture => 'web');
print "ready at $started->{addresses}{web}{address}\n";
my $ended = call('stop', fixture => 'web', wait => JSON::PP::true);
my $empty = $ended->{report}{cage}{proved_empty} ? 'true' : 'false';
print "ended with $ended->{code}, proved empty: $empty\n";
