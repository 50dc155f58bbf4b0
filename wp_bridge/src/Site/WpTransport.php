<?php

/**
 * Sends requests by WordPress' own HTTP functions, after asking consent, address and breaker.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Site;

use Keydesk\Bridge\Client\Request;
use Keydesk\Bridge\Client\Response;
use Keydesk\Bridge\Client\Transport;
use Keydesk\Bridge\Client\Unreachable;

final class WpTransport implements Transport
{
	private const CONNECT = 2;

	private const REPLY = 1048576;

	private const LOGGED = 20;

	private Config $config;

	private Store $store;

	private Consent $consent;

	private Breaker $breaker;

	private Guard $guard;

	private string $client;

	private int $now;

	private bool $byPerson = false;

	public function __construct(Config $config, Store $store, Guard $guard, string $pluginVersion, int $now)
	{
		$this->config = $config;
		$this->store = $store;
		$this->guard = $guard;
		$this->now = $now;
		$this->consent = new Consent($store);
		$this->breaker = new Breaker($store);
		$this->client = sprintf(
			'bridge/%s; plugin/%s; wp/%s; php/%s',
			$config->text('bridge_version'),
			$pluginVersion,
			get_bloginfo('version'),
			PHP_VERSION
		);
	}

	/** From here on the requests are those of a person who pressed a button. */
	public function forPerson(): void
	{
		$this->byPerson = true;
	}

	public function send(Request $request): Response
	{
		if (!$this->consent->covers($request->purpose())) {
			throw new Unreachable('no_consent');
		}
		if (!$this->breaker->allows($this->byPerson, $this->now)) {
			throw new Unreachable('breaker_open');
		}
		$answer = $this->request($request);
		$status = is_wp_error($answer) ? 0 : (int) wp_remote_retrieve_response_code($answer);
		$this->log($request, $status);
		if (is_wp_error($answer) || $status < 200 || ($status >= 300 && $status < 400)) {
			$this->breaker->failed($this->now, 0);
			throw new Unreachable('no_answer');
		}
		$response = new Response($status, self::headers($answer), wp_remote_retrieve_body($answer));
		$this->judge($response);
		return $response;
	}

	/** @return array<string, mixed>|\WP_Error */
	private function request(Request $request)
	{
		$hurry = static function (&$url, &$headers, &$data, &$type, &$options): void {
			unset($url, $headers, $data, $type);
			$options['connect_timeout'] = self::CONNECT;
		};
		$this->guard->during('requests-requests.before_request', $hurry, 5);
		try {
			return wp_remote_request($this->config->server() . $request->target(), array(
				'method' => $request->method(),
				'headers' => $request->headers() + array('Keydesk-Client' => $this->client),
				'body' => $request->body() === '' ? null : $request->body(),
				'timeout' => $request->timeout(),
				'redirection' => 0,
				'user-agent' => 'Keydesk-Bridge/' . $this->config->text('bridge_version'),
				'limit_response_size' => self::REPLY,
				'cookies' => array(),
			));
		} finally {
			$this->guard->after('requests-requests.before_request', $hurry);
		}
	}

	/** A server in trouble opens the breaker, a good answer closes it. */
	private function judge(Response $response): void
	{
		$status = $response->status();
		if ($status === 429 || $status >= 500 || $response->json() === null) {
			$after = $response->header('Retry-After');
			$seconds = ctype_digit($after) ? (int) $after : max(0, (int) strtotime($after) - $this->now);
			$this->breaker->failed($this->now, $after === '' ? 0 : $seconds);
			throw new Unreachable($status === 429 ? 'rate_limited' : 'server_trouble');
		}
		$this->breaker->succeeded();
	}

	/** @return array<string, string> */
	private static function headers(array $answer): array
	{
		$flat = array();
		foreach (wp_remote_retrieve_headers($answer) as $name => $value) {
			$flat[(string) $name] = is_array($value) ? (string) end($value) : (string) $value;
		}
		return $flat;
	}

	/** The transparency log: what left the site, when and why; never what it said. */
	private function log(Request $request, int $status): void
	{
		$log = $this->store->read('net')['log'] ?? array();
		$log[] = array(
			't' => $this->now,
			'm' => $request->method(),
			'p' => substr($request->path(), 0, 80),
			'why' => $request->purpose(),
			'b' => strlen($request->body()),
			's' => $status,
		);
		$this->store->merge('net', array('log' => array_slice($log, -self::LOGGED)));
	}
}
