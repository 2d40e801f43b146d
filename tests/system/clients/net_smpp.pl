#!/usr/bin/env perl
# Perl's Net::SMPP as a client of the hub:  net_smpp.pl HOST PORT SYSTEM_ID PASSWORD DESTINATION
# Sends a short, a UCS-2 and a concatenated message, waits for a receipt of each PDU, prints what it saw as JSON lines.
use strict;
use warnings;
use FindBin;
use JSON::PP;
use lib "$FindBin::Bin/../../../packaging/demo";
use Esme;

my ($host, $port, $system_id, $password, $destination) = @ARGV;
my $esme = Esme->new($host, $port, $system_id, $password);

my $udh = sub { my ($part) = @_; return pack 'C6', 5, 0, 3, 0x5A, 3, $part };    # 8-bit reference, 3 parts
my @messages = (
    [short => short_message => 'Hello from Net::SMPP'],
    [ucs2  => short_message => pack('n*', 0x041F, 0x0440, 0x0438, 0x0432, 0x0435, 0x0442), data_coding => 8],
    map { ["part$_" => short_message => $udh->($_) . chr(64 + $_) x 134, esm_class => 0x40, data_coding => 4] } 1 .. 3
);

my $json = JSON::PP->new->canonical;
my @sent = map {
    my ($name, %fields) = @$_;
    [$name, $esme->submit(source_addr => 'NETSMPP', destination_addr => $destination, %fields)]
} @messages;

for (@sent) {
    my ($name, $seq) = @$_;
    my $answer = $esme->wait_answer($seq, 100) or die "no answer for $name\n";
    my $receipt = $esme->wait_receipt($answer->{message_id}, 100) or die "no receipt for $name\n";
    print $json->encode({ name => $name, status => $answer->{status}, id => $answer->{message_id},
            receipt => { map { $_ => $receipt->{$_} } qw(id stat tlv_id state) } }), "\n";
}
$esme->unbind() or die "unbind was not answered\n";
