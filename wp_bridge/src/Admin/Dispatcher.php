<?php

/**
 * The only door for acts: REST and admin-post run one method, with the same checks in the same order.
 */

declare(strict_types=1);

namespace Keydesk\Bridge\Admin;

use Keydesk\Bridge\Site\Guard;
use Keydesk\Bridge\Site\Names;
use Keydesk\Bridge\Site\Store;

final class Dispatcher
{
	private const LARGEST = 65536;

	/** Acts a minute and user, by group. */
	private const RATES = array('act' => 60, 'read' => 120, 'send' => 10);

	private Names $names;

	private Guard $guard;

	private Store $store;

	private Words $words;

	private int $now;

	/** @var callable(string, array<string, string>): string */
	private $url;

	/** @var array<string, Action> */
	private array $actions = array();

	/** @param callable(string, array<string, string>): string $url address of a screen */
	public function __construct(Names $names, Guard $guard, Store $store, Words $words, callable $url, int $now)
	{
		$this->names = $names;
		$this->guard = $guard;
		$this->store = $store;
		$this->words = $words;
		$this->url = $url;
		$this->now = $now;
	}

	public function add(Action $action): void
	{
		if (isset($this->actions[$action->name()])) {
			throw new \LogicException('two acts named ' . $action->name());
		}
		$this->actions[$action->name()] = $action;
	}

	/** @return array<int, string> */
	public function names(): array
	{
		return array_keys($this->actions);
	}

	/** No `args`: core checks parameters before permission, which would tell strangers about the schema. */
	public function routes(): void
	{
		foreach ($this->actions as $name => $action) {
			register_rest_route($this->names->routes(), '/' . $name, array(
				'methods' => 'POST, GET, PUT, PATCH, DELETE',
				'permission_callback' => function (\WP_REST_Request $request) use ($action) {
					$refusal = $this->door($action, self::fromRest($request, $action));
					return $refusal === null ? true : self::error($refusal, $refusal->data());
				},
				'callback' => function (\WP_REST_Request $request) use ($action) {
					return $this->shown($this->act($action, self::fromRest($request, $action)));
				},
			));
		}
	}

	public function forms(): void
	{
		foreach ($this->actions as $name => $action) {
			$this->guard->on('admin_post_' . $this->names->act($name), function () use ($action): void {
				$incoming = self::fromForm($action);
				$answer = $this->door($action, $incoming) ?? $this->act($action, $incoming);
				nocache_headers();
				$this->leave($answer);
				$this->end();
			});
		}
	}

	/** Checks 1 to 5: shape of the request, person, right, nonce. */
	private function door(Action $action, Incoming $incoming): ?Answer
	{
		$types = array('application/json', 'application/x-www-form-urlencoded', 'multipart/form-data');
		$room = self::LARGEST + ($action->fileField() === '' ? 0 : 3 * 5242880 + 4096);
		$byPassword = function_exists('rest_get_authenticated_app_password')
			&& rest_get_authenticated_app_password() !== null;
		$checks = array(
			array(405, 'keydesk_method', $incoming->method() === 'POST'),
			array(415, 'keydesk_type', in_array($incoming->type(), $types, true)),
			array(413, 'keydesk_too_large', $incoming->length() <= $room && $incoming->input() !== null),
			array(401, 'keydesk_login', is_user_logged_in() && !$byPassword),
			array(403, 'keydesk_forbidden', current_user_can($action->capability())),
			array(403, 'keydesk_nonce', wp_verify_nonce($incoming->nonce(), $this->names->act($action->name())) !== false),
		);
		foreach ($checks as $check) {
			if (!$check[2]) {
				return Answer::bad($check[0], $check[1], $this->words->problem($check[1]))
					->leadingTo($action->tab());
			}
		}
		return null;
	}

	/** Checks 6 and 7, then the act itself. */
	private function act(Action $action, Incoming $incoming): Answer
	{
		list($clean, $errors) = Schema::check($action->properties(), (array) $incoming->input());
		if ($errors !== array()) {
			$words = array_map(array($this->words, 'field'), $errors);
			$text = $this->words->problem('keydesk_invalid');
			return Answer::bad(422, 'keydesk_invalid', $text, $words)->leadingTo($action->tab());
		}
		$user = get_current_user_id();
		if (!$this->isInTime($action->group(), $user)) {
			$more = array('retry_after' => 60 - $this->now % 60);
			return Answer::bad(429, 'keydesk_slow_down', $this->words->problem('keydesk_slow_down'), array(), $more)
				->leadingTo($action->tab());
		}
		try {
			return $action->run($clean + array('files' => $incoming->files()), $user, $this->now);
		} catch (\Throwable $error) {
			$this->guard->note('act ' . $action->name(), $error);
			return Answer::bad(500, 'keydesk_internal', $this->words->problem('keydesk_internal'))
				->leadingTo($action->tab());
		}
	}

	private function isInTime(string $group, int $user): bool
	{
		$name = 'rate_' . $group . '_' . $user;
		$minute = intdiv($this->now, 60);
		$count = $this->store->recall($name) ?? array();
		$so = ($count['minute'] ?? 0) === $minute ? (int) $count['n'] : 0;
		$this->store->remember($name, array('minute' => $minute, 'n' => $so + 1), 120);
		return $so < self::RATES[$group];
	}

	/** Where the page goes next, with the words to show there. */
	private function next(Answer $answer): string
	{
		$data = $answer->data();
		$said = array(
			'kind' => $answer->isGood() ? 'success' : 'error',
			'text' => $data['notice'] ?? $data['message'] ?? '',
		);
		$said = array_intersect_key($data, array('kind' => 1, 'errors' => 1, 'code_once' => 1, 'link' => 1)) + $said;
		$arguments = $answer->arguments();
		if ($said['text'] !== '') {
			$id = bin2hex(random_bytes(8));
			$this->store->remember('said_' . $id, $said + array('user' => get_current_user_id()), 300);
			$arguments['said'] = $id;
		}
		return ($this->url)($answer->tab() === '' ? 'help' : $answer->tab(), $arguments);
	}

	private function shown(Answer $answer): \WP_REST_Response
	{
		$data = $answer->data();
		if ($answer->tab() !== '' && !isset($data['waits']) && ($answer->isGood() || $answer->isAnew())) {
			$data['redirect'] = $this->next($answer);
		}
		$response = $answer->isGood()
			? new \WP_REST_Response($data, $answer->status())
			: rest_convert_error_to_response(self::error($answer, $data));
		$response->header('Cache-Control', 'no-store');
		if (isset($data['retry_after'])) {
			$response->header('Retry-After', (string) $data['retry_after']);
		}
		return $response;
	}

	/** @param array<string, mixed> $data of the answer, and where a script should go */
	private static function error(Answer $answer, array $data): \WP_Error
	{
		$more = array('status' => $answer->status()) + array_diff_key($data, array('code' => 1, 'message' => 1));
		return new \WP_Error((string) $data['code'], (string) $data['message'], $more);
	}

	private static function fromRest(\WP_REST_Request $request, Action $action): Incoming
	{
		$type = (string) $request->get_header('content-type');
		$isJson = strpos($type, 'application/json') === 0;
		$input = $isJson ? json_decode((string) $request->get_body(), true, 8) : $request->get_body_params();
		if ($isJson && (string) $request->get_body() === '') {
			$input = array();
		}
		$files = $action->fileField() === '' ? array() : ($request->get_file_params()[$action->fileField()] ?? array());
		$length = max(strlen((string) $request->get_body()), (int) $request->get_header('content-length'));
		return new Incoming(
			$request->get_method(),
			$type,
			$length,
			(string) $request->get_header('x-keydesk-nonce'),
			is_array($input) ? $input : null,
			Incoming::uploads($files)
		);
	}

	private static function fromForm(Action $action): Incoming
	{
		$post = wp_unslash($_POST);
		$nonce = $post['_keydesk'] ?? '';
		unset($post['_keydesk'], $post['action']);
		$files = $action->fileField() === '' ? array() : ($_FILES[$action->fileField()] ?? array());
		$told = $_SERVER + array('CONTENT_LENGTH' => 0, 'REQUEST_METHOD' => '', 'CONTENT_TYPE' => '');
		$length = (int) $told['CONTENT_LENGTH'];
		return new Incoming(
			(string) $told['REQUEST_METHOD'],
			(string) $told['CONTENT_TYPE'],
			$length,
			is_string($nonce) ? $nonce : '',
			$_POST === array() && $length > 0 ? null : $post, // PHP drops a body that is too large whole
			Incoming::uploads($files)
		);
	}

	/** To a screen of ours; or to a file on the one server this copy was built for (the act has checked that). */
	private function leave(Answer $answer): void
	{
		$away = (string) ($answer->data()['away'] ?? '');
		if ($away === '') {
			wp_safe_redirect($this->next($answer));
			return;
		}
		$this->guard->during('allowed_redirect_hosts', static function (array $hosts) use ($away): array {
			return array_merge($hosts, array((string) wp_parse_url($away, PHP_URL_HOST)));
		}, 1);
		wp_safe_redirect($away);
	}

	private function end(): void
	{
		exit;
	}
}
