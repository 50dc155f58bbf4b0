<?php

/**
 * The server's calls, one method each; an answer comes back as an Outcome, never as an exception.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Client;

final class Api
{
	private Transport $transport;

	/** @var callable(): Keys */
	private $keys;

	private string $productKey;

	/** @param callable(): Keys $keys read when an answer is there: many pages build this object and send nothing */
	public function __construct(Transport $transport, callable $keys, string $productKey)
	{
		$this->transport = $transport;
		$this->keys = $keys;
		$this->productKey = $productKey;
	}

	/** @param array<string, mixed> $facts with license_key or transfer_code */
	public function activate(array $facts, string $idempotencyKey, ?int $now): Outcome
	{
		$request = (new Request('POST', '/v1/activations', 'license'))
			->withToken($this->productKey)->withIdempotencyKey($idempotencyKey)->withJson($facts);
		return $this->callSigned($request, $now);
	}

	public function deactivate(string $token, string $activationId, string $idempotencyKey, ?int $now): Outcome
	{
		$request = (new Request('DELETE', '/v1/activations/' . rawurlencode($activationId), 'license'))
			->withToken($token)->withIdempotencyKey($idempotencyKey);
		return $this->callSigned($request, $now);
	}

	/** @param array<string, mixed> $facts what a person said about the site's new address */
	public function resolve(string $token, array $facts, string $idempotencyKey, ?int $now): Outcome
	{
		$request = (new Request('POST', '/v1/site-resolutions', 'license'))
			->withToken($token)->withIdempotencyKey($idempotencyKey)->withJson($facts);
		return $this->callSigned($request, $now);
	}

	/** A one-use code that carries the seat to another site. */
	public function transfer(string $token, string $activationId, string $idempotencyKey, ?int $now): Outcome
	{
		$path = '/v1/activations/' . rawurlencode($activationId) . '/transfers';
		$request = (new Request('POST', $path, 'license'))
			->withToken($token)->withIdempotencyKey($idempotencyKey)->withJson(array());
		return $this->callSigned($request, $now);
	}

	/** @param array<string, string> $facts email, site_url, site_uid */
	public function askByMail(array $facts, string $idempotencyKey): Outcome
	{
		$request = (new Request('POST', '/v1/activation-links', 'license'))
			->withToken($this->productKey)->withIdempotencyKey($idempotencyKey)->withJson($facts);
		return $this->call($request);
	}

	public function answerByMail(string $linkId, string $secret): Outcome
	{
		$request = new Request('GET', '/v1/activation-links/' . rawurlencode($linkId), 'license');
		return $this->call($request->withToken($this->productKey)->withHeader('Keydesk-Link-Secret', $secret));
	}

	/** @param array<string, mixed> $facts */
	public function checkIn(string $token, array $facts, ?int $now): Outcome
	{
		$request = (new Request('POST', '/v1/check-ins', 'license'))->withToken($token)->withJson($facts);
		return $this->callSigned($request, $now);
	}

	/** @param string $token empty: the product key speaks (a site without a license may ask, too) */
	public function openTicket(string $token, array $ticket, string $idempotencyKey): Outcome
	{
		$request = (new Request('POST', '/v1/tickets', 'support'))
			->withToken($token === '' ? $this->productKey : $token)
			->withIdempotencyKey($idempotencyKey)->withJson($ticket);
		return $this->call($request);
	}

	public function tickets(string $token): Outcome
	{
		return $this->call((new Request('GET', '/v1/tickets', 'support', 'limit=20'))->withToken($token));
	}

	public function ticket(string $token, string $ticketId): Outcome
	{
		return $this->call((new Request('GET', self::ticketPath($ticketId), 'support'))->withToken($token));
	}

	public function setStatus(string $token, string $ticketId, string $status): Outcome
	{
		$request = new Request('PATCH', self::ticketPath($ticketId), 'support');
		return $this->call($request->withToken($token)->withJson(array('status' => $status)));
	}

	/** @param array<string, mixed> $message */
	public function reply(string $token, string $ticketId, array $message, string $idempotencyKey): Outcome
	{
		$request = (new Request('POST', self::ticketPath($ticketId) . '/messages', 'support'))
			->withToken($token)->withIdempotencyKey($idempotencyKey)->withJson($message);
		return $this->call($request);
	}

	/** The site has shown everything up to this message; the answer has no body. */
	public function seen(string $token, string $ticketId, string $messageId): Outcome
	{
		$request = new Request('POST', self::ticketPath($ticketId) . '/seen', 'support');
		return $this->call($request->withToken($token)->withJson(array('message_id' => $messageId)));
	}

	/** @param array{name: string, type: string} $file */
	public function upload(string $token, array $file, string $bytes, string $idempotencyKey): Outcome
	{
		$request = (new Request('POST', '/v1/attachments', 'support'))
			->withToken($token)->withIdempotencyKey($idempotencyKey)
			->withFile($file['name'], $file['type'], $bytes);
		return $this->call($request);
	}

	public function attachmentLink(string $token, string $attachmentId): Outcome
	{
		$path = '/v1/attachments/' . rawurlencode($attachmentId);
		return $this->call((new Request('GET', $path, 'support'))->withToken($token));
	}

	private static function ticketPath(string $ticketId): string
	{
		return '/v1/tickets/' . rawurlencode($ticketId);
	}

	/**
	 * A missing or wrong signature counts as "no answer": somebody on the way may have written it.
	 *
	 * @param int|null $now null when the clock is doubtful; then the age of the reply is not judged
	 */
	private function callSigned(Request $request, ?int $now): Outcome
	{
		return $this->call($request, function (Response $response) use ($request, $now): string {
			$reply = array(
				'status' => $response->status(),
				'method' => $request->method(),
				'path' => $request->path(),
				'nonce' => $request->nonce(),
				'etag' => $response->header('ETag'),
				'body' => $response->body(),
			);
			return Signed::reply($response->header('Keydesk-Signature'), $reply, ($this->keys)(), $now);
		});
	}

	/** @param (callable(Response): string)|null $doubt names what is wrong with the signature */
	private function call(Request $request, ?callable $doubt = null): Outcome
	{
		try {
			$response = $this->transport->send($request);
		} catch (Unreachable $gone) {
			return Outcome::unreachable($gone->getMessage());
		}
		$reason = $doubt === null ? '' : $doubt($response);
		$data = $response->json();
		if ($reason !== '' && !($reason === 'missing' && self::isEarlyRefusal($response, $data))) {
			return Outcome::unreachable('signature_' . $reason);
		}
		if ($data === null) {
			return Outcome::unreachable('not_json');
		}
		$isSigned = $doubt !== null && $reason === '';
		return $response->status() < 300
			? Outcome::done($response->status(), self::signedAt($response, $isSigned) + $data)
			: Outcome::refused($response->status(), array('signed' => $isSigned) + $data); // whatever the body says of itself
	}

	/** @return array<string, int> the server's time, which every signed answer tells */
	private static function signedAt(Response $response, bool $isSigned): array
	{
		$header = $response->header('Keydesk-Signature');
		$found = array();
		return $isSigned && preg_match('/ts=([0-9]+)/', $header, $found) === 1 ? array('signed_at' => (int) $found[1]) : array();
	}

	/**
	 * Refusals given before the server knows the tenant are unsigned by design. They may be shown to
	 * the person who asked; they never change the state of a license (protocols.md 3.3, 4.6).
	 *
	 * @param array<string, mixed>|null $data
	 */
	private static function isEarlyRefusal(Response $response, ?array $data): bool
	{
		return $response->status() >= 400 && $response->status() < 500 && is_string($data['code'] ?? null);
	}
}
