# An ESME on Net::SMPP, the SMPP client of Debian's libnet-smpp-perl: binds as a transceiver, submits without waiting
# for each answer, takes receipts as they come. Nothing of the hub's own codec is used here.
package Esme;

use strict;
use warnings;
use IO::Select;
use Net::SMPP;
use Time::HiRes qw(time);

# new(host, port, system_id, password): bound, or dies with the command_status of the answer.
sub new {
    my ($class, $host, $port, $system_id, $password) = @_;
    my $smpp = Net::SMPP->new_connect($host, port => $port, smpp_version => 0x34, async => 1, timeout => 10)
        or die "no connection to $host:$port: $!\n";
    my $self = bless { smpp => $smpp, answers => {}, receipts => {} }, $class;
    my $seq = $smpp->bind_transceiver(system_id => $system_id, password => $password, interface_version => 0x34);
    my $answer = $self->wait_answer($seq, 10) or die "no answer to the bind of $system_id\n";
    die sprintf("bind of %s refused: command_status 0x%08x\n", $system_id, $answer->{status}) if $answer->{status};
    return $self;
}

# submit(field => value...): sends a submit_sm that asks for a receipt; returns its sequence number.
sub submit {
    my ($self, %fields) = @_;
    return $self->{smpp}->submit_sm(
        source_addr_ton => 5, source_addr_npi => 0, dest_addr_ton => 1, dest_addr_npi => 1,
        registered_delivery => 1, %fields
    ) // die "submit_sm was not sent: $!\n";
}

# wait_answer(sequence, seconds): the response PDU (a hash with status, message_id), or undef.
sub wait_answer {
    my ($self, $seq, $seconds) = @_;
    $self->pump_until(sub { $self->{answers}{$seq} }, $seconds);
    return $self->{answers}{$seq};
}

# wait_receipt(message_id, seconds): { id, stat, err, tlv_id, state } of the first receipt for it, or undef.
sub wait_receipt {
    my ($self, $id, $seconds) = @_;
    $self->pump_until(sub { $self->{receipts}{$id} }, $seconds);
    return $self->{receipts}{$id};
}

sub unbind {
    my ($self) = @_;
    my $seq = $self->{smpp}->unbind();
    my $answer = $self->wait_answer($seq, 10);
    close $self->{smpp};
    return $answer && $answer->{status} == 0;
}

sub pump_until {
    my ($self, $done, $seconds) = @_;
    my $deadline = time + $seconds;
    my $select = IO::Select->new($self->{smpp});
    until ($done->()) {
        my $left = $deadline - time;
        return if $left <= 0 or !$select->can_read($left);
        my $pdu = $self->{smpp}->read_pdu() or die "the hub closed the connection\n";
        $self->take($pdu);
    }
    return;
}

sub take {
    my ($self, $pdu) = @_;
    if ($pdu->{cmd} & 0x80000000) {
        $self->{answers}{ $pdu->{seq} } = $pdu;
    } elsif ($pdu->{cmd} == Net::SMPP::CMD_enquire_link) {
        $self->{smpp}->enquire_link_resp(seq => $pdu->{seq});
    } elsif ($pdu->{cmd} == Net::SMPP::CMD_deliver_sm) {
        $self->take_receipt($pdu) if ($pdu->{esm_class} & 0x3c) == 0x04;    # SMPP v3.4 §5.2.12
        $self->{smpp}->deliver_sm_resp(seq => $pdu->{seq}, message_id => '');
    }
    return;
}

sub take_receipt {
    my ($self, $pdu) = @_;
    my %receipt = (text => $pdu->{short_message});
    ($receipt{id}) = $pdu->{short_message} =~ /\bid:(\S+)/;
    ($receipt{stat}) = $pdu->{short_message} =~ /\bstat:(\S+)/;
    ($receipt{err}) = $pdu->{short_message} =~ /\berr:(\S+)/;
    ($receipt{tlv_id} = $pdu->{receipted_message_id} // '') =~ s/\0$//;
    $receipt{state} = defined $pdu->{message_state} ? ord $pdu->{message_state} : undef;
    $self->{receipts}{ $receipt{id} } = \%receipt if defined $receipt{id};
    return;
}

1;
