<?php

/**
 * The vectors that Python and PHP share: both give the same verdict for each case.
 */

declare(strict_types=1);

use Keydesk\Bridge\Client\Keys;
use Keydesk\Bridge\Client\LicenseKey;
use Keydesk\Bridge\Client\Signed;
use Keydesk\Bridge\Client\SiteKey;
use Keydesk\Bridge\Client\Standing;
use Keydesk\Bridge\Site\Environment;
use Keydesk\Bridge\Site\Redactor;
use PHPUnit\Framework\TestCase;

final class VectorsTest extends TestCase
{
	/** Families that PHP judges, by the method that gives their cases. */
	private const FAMILIES = array(
		'leases' => 'leases', 'lease_states' => 'states', 'revocations' => 'revocations', 'replies' => 'replies',
		'environments' => 'environments', 'keys' => 'keys', 'site_urls' => 'addresses', 'tokens' => 'tokens',
	);

	/** Families that PHP leaves out, and why. */
	private const ELSEWHERE = array(
		'validation' => 'the server alone judges a license from its rows; a site holds a lease',
		'edd' => 'the door for plugins of another make; this bridge speaks the server\'s own protocol',
		'stripe_lives' => 'a site hears nothing of payments',
		'webhook_signatures' => 'a site gets no hooks',
		'keysets' => 'package keys come with signed releases', 'manifests' => 'they come with signed releases',
		'packages' => 'they come with signed releases', 'rollout' => 'the server alone chooses who is offered what',
	);

	public function test_every_family_is_judged_here_or_left_out_for_a_reason(): void
	{
		foreach ((array) glob(VECTORS . '/*.json') as $path) {
			$this->assertArrayHasKey(basename((string) $path, '.json'), self::FAMILIES + self::ELSEWHERE);
		}
	}

	public function test_sixty_cases_and_more_are_shared(): void
	{
		$count = 0;
		foreach (self::FAMILIES as $cases) {
			$count += count($this->$cases());
		}
		fwrite(STDOUT, "\n{$count} shared cases of " . count(self::FAMILIES) . " families, judged by PHP as by Python\n");
		$this->assertGreaterThanOrEqual(60, $count);
	}

	/** @return array<string, array<int, mixed>> */
	public function leases(): array
	{
		return array_filter(vectors('leases'), static function (array $case): bool {
			return is_string($case[0]['lease']); // PHP's types refuse anything but a text
		});
	}

	/** @dataProvider leases */
	public function test_a_lease_gets_the_shared_verdict(array $input, array $expect): void
	{
		$this->assertSame($expect['verdict'], shared_lease($input)->verdict());
	}

	/** @return array<string, array<int, mixed>> */
	public function revocations(): array
	{
		return vectors('revocations');
	}

	/** @dataProvider revocations */
	public function test_a_list_of_revocations_is_judged_alike(array $input, array $expect): void
	{
		$verdict = $input['op'] === 'read'
			? shared_list($input, $input['held_serial'])->verdict()
			: shared_lease($input)->verdict();
		$this->assertSame($expect['verdict'], $verdict);
	}

	/** @return array<string, array<int, mixed>> */
	public function states(): array
	{
		return vectors('lease_states');
	}

	/** @dataProvider states */
	public function test_a_license_comes_to_the_same_state_everywhere(array $input, array $expect): void
	{
		$held = array_filter(array('heard' => $input['heard'], 'seen' => $input['highest_seen']));
		$lease = shared_lease($input);
		if ($lease->claims() !== array()) {
			$held += array_filter(Standing::held($lease->claims()), static function ($value): bool {
				return $value !== null;
			});
		}
		$sure = Standing::time($held, $input['now']);
		$lease = shared_lease(array('now' => $sure) + $input);
		$first = $lease->verdict() === 'lapsed' ? $input['over_since'] ?? $sure : $sure;
		$held['license'] = $input['said'] ?? $lease->license();
		$held += array_filter(array('lapsed' => $sure - $first >= 86400, 'moved' => $input['site_changed']));
		$standing = new Standing($held, $input['now']);
		$this->assertSame($expect, array(
			'state' => $standing->name(),
			'notice' => $standing->notice() === '' ? null : $standing->notice(),
			'allows' => $standing->allows($input['feature']),
			'updates' => $standing->hasUpdates(),
			'clock_doubtful' => Standing::isDoubtful($held, $input['now']),
		));
	}

	/** @return array<string, array<int, mixed>> */
	public function addresses(): array
	{
		return vectors('site_urls', function_exists('idn_to_ascii') ? array('intl') : array());
	}

	/** @dataProvider addresses */
	public function test_an_address_is_the_same_site_here_and_there(array $input, array $expect): void
	{
		$url = $input['url'] ?? (string) Signed::decode($input['raw']);
		$this->assertSame($expect['site_key'] ?? null, SiteKey::of($url));
	}

	/** @return array<string, array<int, mixed>> */
	public function tokens(): array
	{
		return array_filter(vectors('tokens'), static function (array $case): bool {
			return $case[0]['op'] === 'scrub'; // a site never judges a token
		});
	}

	/** @dataProvider tokens */
	public function test_a_secret_is_taken_out_of_running_text(array $input, array $expect): void
	{
		$clean = (new Redactor(array(), '/srv/www'))->text($input['text']);
		if ($expect['without'] !== null) {
			$this->assertStringNotContainsString($expect['without'], $clean);
		}
		foreach ($expect['keeps'] as $piece) {
			$this->assertStringContainsString($piece, $clean);
		}
	}

	/** @return array<string, array<int, mixed>> */
	public function replies(): array
	{
		return vectors('replies');
	}

	/** @dataProvider replies */
	public function test_a_reply_is_believed_only_when_it_is_the_servers_own(array $input, array $expect): void
	{
		$reply = array('body' => (string) Signed::decode($input['body'])) + $input;
		$now = $input['clock_doubtful'] ? null : $input['now'];
		$doubt = Signed::reply((string) $input['header'], $reply, new Keys($input['trusted']), $now);
		$this->assertSame($expect['good'], $doubt === '', $doubt);
	}

	/** @return array<string, array<int, mixed>> */
	public function environments(): array
	{
		return vectors('environments');
	}

	/** @dataProvider environments */
	public function test_the_site_knows_which_addresses_take_no_seat(array $input, array $expect): void
	{
		$this->assertSame($expect['rule'] <= 5, Environment::isUncounted($input['site_key']));
	}

	/** @return array<string, array<int, mixed>> */
	public function keys(): array
	{
		return array_filter(vectors('keys'), static function (array $case): bool {
			return !in_array($case[0]['op'], array('lookup'), true); // the look-up hash is the server's
		});
	}

	/** @dataProvider keys */
	public function test_a_key_is_read_as_the_server_reads_it(array $input, array $expect): void
	{
		if ($input['op'] === 'encode') {
			$body = substr($expect['compact'], 3, 25);
			$this->assertSame($expect['compact'], 'KD1' . $body . LicenseKey::check($body));
			$this->assertSame($expect['key'], LicenseKey::pretty($expect['compact']));
			$this->assertSame($expect['hint'], LicenseKey::mask($expect['compact']));
			return;
		}
		$this->assertKeyRead($input, $expect);
	}

	private function assertKeyRead(array $input, array $expect): void
	{
		$typed = $input['text'] ?? (string) Signed::decode($input['raw']);
		if ($input['profile'] === 'kd1') {
			$this->assertSame($expect['key'] ?? null, LicenseKey::normalise($typed));
			return;
		}
		$isOurs = ($expect['profile'] ?? '') === 'kd1';
		$wanted = $isOurs ? LicenseKey::pretty($expect['key']) : ($expect['key'] ?? null);
		$this->assertSame($wanted, LicenseKey::accept($typed));
	}
}
