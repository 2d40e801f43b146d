#!/usr/bin/env perl
# The demo's messages and what became of them:  story.pl ENV_FILE
# Sends through a real bind, then reads back from PostgreSQL what the hub decided, charged and was told.
# Exits 0 only if all of it happened; else the last lines say what is missing.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use Esme;
use Time::HiRes qw(sleep time);

use constant { ROK => 0, RINVDSTADR => 0x0B, RSUBMITFAIL => 0x45 };
use constant WAIT_SECONDS => 30;

my %env = read_env($ARGV[0] // die "usage: story.pl ENV_FILE\n");

# name, client, destination, the supplier that takes it, what is to be seen
my @story = (
    { name => 'cheapest', dest => '4915112345601', supplier => 'alpha', attempts => 1,
        why => 'alpha costs less than beta' },
    { name => 'unicode', dest => '4915112345602', supplier => 'alpha', attempts => 1, ucs2 => 1,
        why => 'the same in UCS-2' },
    { name => 'britain', dest => '447700900123', supplier => 'beta', attempts => 1,
        why => 'here beta costs less than alpha' },
    { name => 'margin', dest => '33612345678', supplier => 'beta', attempts => 1,
        why => 'alpha would cost more than the client pays' },
    { name => 'fail-over', dest => '4915299123456', supplier => 'beta', attempts => 2,
        why => 'alpha costs less, refuses the number, beta takes it' },
    { name => 'no route', dest => '34612345678', reason => 'no_route', status => RINVDSTADR,
        why => 'no supplier has a price for Spain' },
    { name => 'no credit', dest => '4915112345603', client => 'penny', reason => 'no_credit', status => RSUBMITFAIL,
        why => 'penny has less credit than the message costs' },
);

my @missing;
my $account = money();
send_all();
settle();
show_answers();
show_routes();
show_receipts();
show_books();
if (@missing) {
    print STDERR "\n", map { "   MISSING  $_\n" } @missing;
    exit 1;
}
print "\n   All of it happened as it should.\n";

sub read_env {
    my ($path) = @_;
    open my $file, '<', $path or die "$path: $!\n";
    my %values = map { /^(\w+)="?([^"\n]*)"?$/ ? ($1 => $2) : () } <$file>;
    return %values;
}

# rows(sql): list of array references; psql does the talking.
sub rows {
    my ($sql) = @_;
    local $ENV{PGOPTIONS} = '-c timezone=UTC';
    open my $psql, '-|', 'psql', $env{HUB_PG}, '-XAtqF', "\t", '-v', 'ON_ERROR_STOP=1', '-c', $sql or die "psql: $!\n";
    my @rows = map { chomp; [split /\t/, $_, -1] } <$psql>;
    close $psql or die "psql failed: $sql\n";
    return @rows;
}

# Balance, sum of all prices and sum of all money that came in, of one moment.
sub money {
    my ($row) = rows("select a.balance, coalesce((select sum(amount) from traffic.message m
                        where m.account_id = a.account_id), 0),
                      coalesce((select sum(amount) from money.ledger_entry e
                        where e.account_id = a.account_id and kind <> 'usage'), 0)
                      from bill.v_balance_now v join money.account a using (account_id) where v.client = 'demo'");
    my %money;
    @money{qw(balance charged paid_in)} = @{ $row or die "PostgreSQL has no client demo\n" };
    return \%money;
}

sub send_all {
    my %esme = map { $_->[0] => Esme->new($env{HUB_HOST}, $env{HUB_PORT}, @$_) }
        [$env{HUB_SYSTEM_ID}, $env{HUB_PASSWORD}], ['penny', 'penny-pw'];
    for my $m (@story) {
        my $text = "smpphub demo: $m->{name}";
        $m->{esme} = $esme{ $m->{client} // $env{HUB_SYSTEM_ID} };
        $m->{seq} = $m->{esme}->submit(source_addr => 'DEMO', destination_addr => $m->{dest},
            $m->{ucs2} ? (data_coding => 8, short_message => pack 'n*', map { ord } split //, $text)
                       : (short_message => $text));
    }
    for my $m (@story) {
        $m->{answer} = $m->{esme}->wait_answer($m->{seq}, WAIT_SECONDS) or die "no answer for '$m->{name}'\n";
        next if $m->{answer}{status} != ROK;
        $m->{id} = $m->{answer}{message_id};
        $m->{receipt} = $m->{esme}->wait_receipt($m->{id}, WAIT_SECONDS);
    }
    $_->unbind() or push @missing, 'an answer to unbind' for values %esme;
    return;
}

# Settlement writes a few hundred milliseconds later: waits until all rows of this run are there.
sub settle {
    my @ids = grep { defined } map { $_->{id} } @story;
    push @missing, 'an accepted message' and return unless @ids;
    my $list = join ',', @ids;
    my $deadline = time + WAIT_SECONDS;
    while (time < $deadline) {
        my ($row) = rows("select count(*), count(o.message_id) from traffic.message m
                          left join traffic.outcome o using (accept_day, message_id) where m.message_id in ($list)");
        return if $row->[0] == @ids && $row->[1] == @ids;
        sleep 0.2;
    }
    push @missing, 'rows of messages or receipts in PostgreSQL, after ' . WAIT_SECONDS . ' s';
    return;
}

sub show_answers {
    print "\n   What the client was answered\n";
    for my $m (@story) {
        my $status = $m->{answer}{status};
        printf "   %-10s to %-14s command_status 0x%08x  %s\n", $m->{name}, $m->{dest}, $status,
            $status == ROK ? "id $m->{id}" : $m->{why};
        my $wanted = $m->{status} // ROK;
        push @missing, sprintf "'%s': command_status 0x%x, not 0x%x", $m->{name}, $wanted, $status
            if $status != $wanted;
    }
    return;
}

sub show_routes {
    print "\n   Which way each went, what it earned, and why the other way was not taken\n";
    for my $m (grep { !$_->{reason} } @story) {
        my ($cdr) = rows("select supplier, attempts, amount, cost, margin, currency, decision
                          from bill.v_cdr where message_id = " . ($m->{id} // 0));
        if (!$cdr) { push @missing, "'$m->{name}': its row in bill.v_cdr"; next; }
        my ($supplier, $attempts, $amount, $cost, $margin, $currency, $decision) = @$cdr;
        printf "   %-10s %-5s price %s cost %s margin %s %s: %s\n              decided: %s\n", $m->{name}, $supplier,
            (map { short_amount($_) } $amount, $cost, $margin), $currency, $m->{why}, $decision;
        show_attempts($m) if $attempts > 1;
        push @missing, "'$m->{name}': taken by $m->{supplier} at attempt $m->{attempts}, not $supplier at $attempts"
            if $supplier ne $m->{supplier} || $attempts != $m->{attempts};
    }
    for my $m (grep { $_->{reason} } @story) {
        my ($reject) = rejected($m);
        printf "   %-10s refused: %s (%s)\n", $m->{name}, $reject ? $reject->[0] : 'no row', $m->{why};
        push @missing, "'$m->{name}': its row in bill.v_rejects with reason $m->{reason}" unless $reject;
    }
    return;
}

sub show_attempts {
    my ($m) = @_;
    for my $row (rows("select attempt_no, s.name, result, command_status, cost from traffic.attempt
                       join crm.supplier s using (supplier_id) where message_id = $m->{id} order by 1")) {
        printf "              attempt %d: %s %s, command_status 0x%x, cost %s\n", @$row[0 .. 3], short_amount($row->[4]);
    }
    return;
}

# The newest refusal of that kind within the last minutes; its row may come a moment after the answer.
sub rejected {
    my ($m) = @_;
    my $client = $m->{client} // $env{HUB_SYSTEM_ID};
    for (1 .. 50) {
        my ($row) = rows("select reason from bill.v_rejects where client = '$client' and reason = '$m->{reason}'
                          and at > now() - interval '2 minutes' order by at desc limit 1");
        return $row if $row;
        sleep 0.2;
    }
    return;
}

sub short_amount { my ($amount) = @_; $amount =~ s/(\.\d{3}\d*?)0+$/$1/; return $amount; }

sub show_receipts {
    print "\n   Receipts that came back to the client\n";
    for my $m (grep { !$_->{reason} } @story) {
        my $r = $m->{receipt};
        if (!$r) { push @missing, "'$m->{name}': its receipt"; next; }
        printf "   %-10s id:%s stat:%s err:%s, receipted_message_id %s\n", $m->{name}, @$r{qw(id stat err tlv_id)};
        push @missing, "'$m->{name}': a receipt DELIVRD with the id in text and TLV"
            if $r->{stat} ne 'DELIVRD' || $r->{tlv_id} ne $m->{id};
    }
    return;
}

sub show_books {
    my $list = join ',', grep { defined } map { $_->{id} } @story;
    print "\n   What a billing team selects:  select ... from bill.v_cdr\n";
    printf "   %-20s %-6s %-14s %-3s %-8s %-6s %-8s %-8s %s\n", qw(message_id client destination cc amount by cost margin state);
    printf "   %-20s %-6s %-14s %-3s %-8s %-6s %-8s %-8s %s\n", @$_[0 .. 3], short_amount($_->[4]), $_->[5],
        short_amount($_->[6]), short_amount($_->[7]), $_->[8]
        for rows("select message_id, client, destination, country, amount, supplier, cost, margin, state
                  from bill.v_cdr where message_id in (" . ($list || 0) . ") order by message_id");
    my $after = money();
    printf "\n   Balance of demo before %s, after %s\n", $account->{balance}, $after->{balance};
    my ($row) = rows("select $after->{balance} - $account->{balance} = ($after->{paid_in} - $account->{paid_in})
                             - ($after->{charged} - $account->{charged}),
                      $after->{charged} - $account->{charged}");
    printf "   Charged in between: %s, which is exactly the difference\n", $row->[1] if $row->[0] eq 't';
    push @missing, 'balance change = sum of prices' if $row->[0] ne 't' || $row->[1] <= 0;
    push @missing, "bill.v_broken is not empty: $_->[0] ($_->[1] rows)" for rows('select * from bill.v_broken');
    return;
}
